/** Places in a text that are to be replaced. Who finds them: redact-prose.ts. */

export const marker = "[redacted]"

/** From `start` up to, not including, `end`; in UTF-16 units. */
export type Span = { readonly start: number; readonly end: number }

/** What overlaps is replaced once. The very same text where there is nothing to replace. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text
  let shown = ""
  let at = 0
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
    if (start >= at) shown += text.slice(at, start) + marker
    at = Math.max(at, end)
  }
  return shown + text.slice(at)
}

/** A run of characters: `near` is as much of it as is judged, so that many runs within one cost little; `far` is all. */
export type Run = { readonly near: RegExp; readonly far: RegExp }

/** @param characters a class, as in a regular expression */
export function runOf(characters: string): Run {
  return { near: new RegExp(`${characters}{0,256}`, "y"), far: new RegExp(`${characters}*`, "y") }
}

export function endOfRun(text: string, start: number, pattern: RegExp): number {
  pattern.lastIndex = start
  return start + (pattern.exec(text)?.[0].length ?? 0)
}
