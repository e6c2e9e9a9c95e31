/** Runs of text that hold a secret once they are decoded: base64, in either alphabet and wrapped or not, and percent. */

import { hasLongWord, longWord } from "./redact-looks.ts"
import type { Span } from "./redact-spans.ts"

export type Test = (decoded: string) => boolean

/** Up to here a run may begin with what is no base64, such as the path before it. */
const longestShifted = 8_192
const shifts = [0, 1, 2, 3]
/** A line of wrapped base64 is at least this long. */
const shortestLine = 48

export function encodedSpans(text: string, isSecret: Test): readonly Span[] {
  return [...base64Spans(text, isSecret), ...percentSpans(text, isSecret)]
}

function base64Spans(text: string, isSecret: Test): readonly Span[] {
  if (!hasLongWord(text)) return []
  return base64Runs(text).filter(({ start, end }) => {
    const run = text.slice(start, end)
    const from = run.length > longestShifted ? [0] : shifts
    return from.some((shift) => isSecret(Buffer.from(run.slice(shift), "base64").toString()))
  })
}

function base64Runs(text: string): readonly Span[] {
  const runs: Span[] = []
  for (let at = 0; at < text.length;) {
    const end = endOfWrapped(text, at)
    if (end - at >= longWord) runs.push({ start: at, end })
    at = Math.max(end, at + 1)
  }
  return runs
}

function endOfWrapped(text: string, start: number): number {
  let line = start
  let end = endOfLetters(text, line)
  while (end - line >= shortestLine) {
    const next = end + lineBreakAt(text, end)
    const after = next === end ? end : endOfLetters(text, next)
    if (after === next) break
    line = next
    end = after
  }
  return end
}

function lineBreakAt(text: string, at: number): number {
  if (text[at] === "\n") return 1
  return text[at] === "\r" && text[at + 1] === "\n" ? 2 : 0
}

function endOfLetters(text: string, start: number): number {
  let end = start
  while (end < text.length && isLetter(text.charCodeAt(end))) end += 1
  return end
}

/** Of one of the two alphabets. */
function isLetter(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return true
  if (code >= 0x41 && code <= 0x5a) return true
  if (code >= 0x2f && code <= 0x39) return true
  return code === 0x2b || code === 0x2d || code === 0x5f
}

const percentRun = /[^\s"'<>`\\]+/g

function percentSpans(text: string, isSecret: Test): readonly Span[] {
  if (!text.includes("%")) return []
  return [...text.matchAll(percentRun)]
    .filter(([run]) => /%[0-9a-f]{2}/i.test(run) && isSecretOnceDecoded(run, isSecret))
    .map(({ index, 0: { length } }) => ({ start: index, end: index + length }))
}

function isSecretOnceDecoded(run: string, isSecret: Test): boolean {
  const decoded = decodePercent(run)
  return isSecret(decoded) || (run.includes("+") && isSecret(decodePercent(run.replaceAll("+", " "))))
}

/** As UTF-8; what is none becomes U+FFFD. */
function decodePercent(run: string): string {
  const [first = "", ...rest] = run.split("%")
  const pieces = rest.map((piece) =>
    /^[0-9a-f]{2}/i.test(piece)
      ? Buffer.concat([Buffer.from(piece.slice(0, 2), "hex"), Buffer.from(piece.slice(2))])
      : Buffer.from(`%${piece}`),
  )
  return Buffer.concat([Buffer.from(first), ...pieces]).toString()
}
