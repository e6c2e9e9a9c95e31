/** Whether a run of characters looks more like a secret than like a word, a name, a date or a path. */

/** What is known by its form alone, or encoded, is this long at least. */
export const longWord = 16

/** Prose has none, which is far quicker to see than to look for each form. */
export function hasLongWord(text: string): boolean {
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) <= 0x20) start = at + 1
    else if (at - start === longWord - 1) return true
  }
  return false
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const digits = 0
const lower = 1
const upper = 2
const other = 3

/** Letters and digits that take turns, as they do in what was drawn and not in what was named. */
export function looksRandom(text: string): boolean {
  return /\d/.test(text) && looksDrawn(text)
}

/** The same of letters alone, small and large: code has such names, so something else must say that it is a secret. */
function looksDrawn(text: string): boolean {
  if (text.length < longWord || uuid.test(text) || !/[a-z]/i.test(text)) return false
  return turnsIn(text) * 4 >= text.length
}

function turnsIn(text: string): number {
  let turns = 0
  let before = other
  for (let at = 0; at < text.length; at += 1) {
    const kind = kindOf(text.charCodeAt(at))
    if (kind === other) continue
    if (before !== other && kind !== before) turns += 1
    before = kind
  }
  return turns
}

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return digits
  if (code >= 0x61 && code <= 0x7a) return lower
  return code >= 0x41 && code <= 0x5a ? upper : other
}

/** Behind a name that says it is a secret, this much is enough. */
export function isUnlikeProse(text: string): boolean {
  return isMixed(text) || looksDrawn(text)
}

/** As passwords are that somebody thought of. */
export function isMixed(text: string): boolean {
  return text.length >= 6 && /[a-z]/i.test(text) && /[\d!#$%^*~]/.test(text)
}

const printable = /^[^\p{Cc}\uFFFD]+$/u

/** The `name:password` of HTTP's Basic scheme. */
export function isCredentialPair(base64: string): boolean {
  if (!/^[\w+/-]{6,}={0,2}$/.test(base64)) return false
  const text = Buffer.from(base64, "base64").toString()
  return text.includes(":") && printable.test(text)
}
