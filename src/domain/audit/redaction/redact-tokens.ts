/** Signed and encrypted tokens (RFC 7519) in a text: three to five parts of base64url, the first of them JSON. */

import type { Span } from "./redact-spans.ts"

const shortestPart = 8
const run = /[\w.-]+/g
/** How base64url of `{"` begins: where a word does, or behind the rest of an escape such as `\n`. */
const begin = /(?:(?<![0-9A-Za-z])|(?<=^[bfnrt]))eyJ/

export function tokenSpans(text: string): readonly Span[] {
  if (!text.includes("eyJ")) return []
  return [...text.matchAll(run)].flatMap(({ index, 0: word }) => {
    const from = word.includes("eyJ") ? startIn(word) : -1
    return from < 0 ? [] : [{ start: index + from, end: index + word.length }]
  })
}

/** Each part is looked at once, so that many beginnings cost no more than one. */
function startIn(word: string): number {
  const parts = word.split(".")
  let at = 0
  for (const [index, part] of parts.entries()) {
    const begins = begin.exec(part)?.index ?? -1
    const payload = parts[index + 1] ?? ""
    const isWhole = index + 2 < parts.length && payload.length >= shortestPart
    if (begins >= 0 && part.length - begins >= shortestPart && isWhole) return at + begins
    at += part.length + 1
  }
  return -1
}
