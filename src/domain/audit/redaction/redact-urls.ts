/** Credentials in the user part of URLs: `scheme://user:password@host`. */

import { looksRandom } from "./redact-looks.ts"
import { marker, type Span } from "./redact-spans.ts"

/** An authority ends here; a password that was not encoded may hold what stands in the second. */
const authority = /[^\s"'<>`\\/?#\p{Cc}\uFFFD]*/uy
const longest = 256
const unencoded = /^[^\s"'<>`\\\p{Cc}\uFFFD]*@/u

export function userInfoSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at)) {
    const start = at + "://".length
    authority.lastIndex = start
    const part = authority.exec(text)?.[0] ?? ""
    const length = userInfoLength(part, text.slice(start, start + longest))
    if (length > 0) spans.push({ start, end: start + length })
    at = start + Math.max(part.length, length)
  }
  return spans
}

function userInfoLength(part: string, rest: string): number {
  const at = part.lastIndexOf("@")
  if (at >= 0) return isSecret(part.slice(0, at)) ? at : 0
  // a port is digits: anything else behind the colon is a password that goes on behind the slash
  if (!/^[^[\]:]*:(?!\d*$)/.test(part)) return 0
  return (unencoded.exec(rest)?.[0].length ?? 1) - 1
}

function isSecret(user: string): boolean {
  if (user === marker || /^[^:]*:?$/.test(user)) return looksRandom(user)
  return true
}
