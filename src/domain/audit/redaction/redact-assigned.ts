/**
 * Values behind a name that says they are secret, in whatever notation: `password=x`, `"token": "x"`, `api_key: x`,
 * `--token x`, `<secret>x</secret>`, `Cookie: a=x`. What could as well be prose must also look like a secret.
 */

import { isUnlikeProse, looksRandom } from "./redact-looks.ts"
import { plain, type SecretNames } from "./redact-names.ts"
import { endOfRun, marker, runOf, type Span } from "./redact-spans.ts"

type Found = Span & { readonly isSecret: boolean }
/** Of the text so far, so that nothing in it is searched twice: quotes that nothing closes, and how far all is plain. */
type Seen = { readonly unclosed: Set<string>; plainUntil: number }
type Name = { readonly start: number; readonly end: number; readonly isStrong: boolean; readonly text: string }

const stems =
  /pass|pwd|secret|token|key|authorization|credential|cookie|bearer|session|sessid|otp|auth|jwt|sig(?:nature)?/gi
const namePart = /[\w.-]/
const longestPart = 64
const weak = /(?:key|sig|signature)$/
/** What stands between a name and its value. The quote that closes the name, the sign, the quote that opens the value. */
const between = /(\\{0,8}["'])?([ \t]{0,4})(:=|=>|=|:)([ \t]{0,4})(?:(\\{0,8}["'`])|)/y
const run = runOf("[^\\s&;,\"'`<>\\\\]")
const word = runOf("[^\\s\"'`<>]")
const nothing = new Set(["null", "none", "nil", "true", "false", "undefined", marker, "***", "****"])
const longestJudged = 256
/** Without one of the first, nothing in prose looks like a secret; at one of the others a value is over. */
const telling = /[\d!#$%^*~]|[\s"'`<>]/g
const schemes = /^(?:bearer|token|apikey|api-key|key|negotiate|digest|oauth|basic)$/i

export function assignedSpans(text: string, names: SecretNames): readonly Span[] {
  const spans: Span[] = []
  const seen: Seen = { unclosed: new Set(), plainUntil: 0 }
  let from = 0
  for (const index of candidates(text, names)) {
    if (index < from) continue
    const name = nameAt(text, { index, from, names })
    from = name.end
    const found = valueOf(text, name, seen)
    if (found === undefined) continue
    if (found.isSecret) spans.push({ start: found.start, end: found.end })
    from = Math.max(from, found.isSecret ? found.end : found.start)
  }
  return spans
}

function* candidates(text: string, { added }: SecretNames): Generator<number> {
  const parts = [...added].map((key) => key.replaceAll(/./gs, (part) => `${part.replace(/\W/, "\\$&")}[ _.-]?`))
  const pattern = added.size === 0 ? stems : new RegExp(`${stems.source}|${parts.join("|")}`, "gi")
  for (const { index } of text.matchAll(pattern)) yield index
}

type At = { readonly index: number; readonly from: number; readonly names: SecretNames }

function nameAt(text: string, { index, from, names }: At): Name {
  let start = index
  while (start > Math.max(from, index - longestPart) && namePart.test(text[start - 1] ?? "")) start -= 1
  let end = index
  while (end < index + longestPart && namePart.test(text[end] ?? "")) end += 1
  const name = text.slice(start, end)
  return { start, end, text: name, isStrong: names.isSecret(name) }
}

function valueOf(text: string, name: Name, seen: Seen): Found | undefined {
  if (!name.isStrong && !weak.test(plain(name.text))) return undefined
  if (text[name.start - 1] === "<" && text[name.end] === ">") return inElement(text, name)
  between.lastIndex = name.end
  const [whole, closing, before = "", sign, after = "", quote] = between.exec(text) ?? []
  if (whole === undefined) return behindFlag(text, name, seen)
  const start = name.end + whole.length
  if (quote !== undefined) return inQuotes(text, { name, start, quote, seen })
  const isTight = closing !== undefined || (sign === "=" && before + after === "")
  return bare(text, { name, start, isTight, seen })
}

function inElement(text: string, name: Name): Found {
  const start = name.end + 1
  const close = text.indexOf("<", start)
  return judged(text, { name, start, end: close < 0 ? text.length : close, isTight: true })
}

function behindFlag(text: string, name: Name, seen: Seen): Found | undefined {
  const gap = text.slice(name.end, name.end + 1)
  if (!name.text.startsWith("-") || gap !== " " || text[name.end + 1] === "-") return undefined
  return bare(text, { name, start: name.end + 1, isTight: false, seen })
}

type Quoted = {
  readonly name: Name
  readonly start: number
  readonly quote: string
  readonly seen: Seen
}

function inQuotes(text: string, { name, start, quote, seen }: Quoted): Found {
  const end = seen.unclosed.has(quote) ? -1 : closing(text, start, quote)
  if (end >= 0) return judged(text, { name, start, end, isTight: true })
  seen.unclosed.add(quote)
  return bare(text, { name, start, isTight: true, seen })
}

/** A quote behind more backslashes than the first stands inside. */
function closing(text: string, start: number, quote: string): number {
  let end = text.indexOf(quote, start)
  while (end > start && text[end - 1] === "\\") end = text.indexOf(quote, end + quote.length)
  return end
}

type Value = { readonly name: Name; readonly start: number; readonly isTight: boolean }
type Bare = Value & { readonly seen: Seen }

function bare(text: string, { name, start, isTight, seen }: Bare): Found {
  if (plain(name.text).endsWith("cookie") && /^[^\s=;]{1,128}=/.test(text.slice(start, start + 130))) {
    return { start, end: endOfLine(text, start), isSecret: true }
  }
  if (!isTight && isLongAndPlain(text, start, seen)) return { start, end: start, isSecret: false }
  const value = isTight ? run : word
  const end = endOfRun(text, start, value.near)
  if (!isTight && text[end] === " " && schemes.test(text.slice(start, end)))
    return bareBehindScheme(text, name, end + 1)
  const found = judged(text, { name, start, end, isTight })
  return found.isSecret ? { ...found, end: endOfRun(text, start, value.far) } : found
}

/** Whether all that would be judged is letters. */
function isLongAndPlain(text: string, start: number, seen: Seen): boolean {
  if (seen.plainUntil < start) {
    telling.lastIndex = start
    seen.plainUntil = telling.exec(text)?.index ?? text.length
  }
  return seen.plainUntil - start >= longestJudged
}

/** `Authorization: Token x` */
function bareBehindScheme(text: string, name: Name, start: number): Found {
  return judged(text, { name, start, end: endOfRun(text, start, word.far), isTight: false })
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start)
  return end < 0 ? text.length : end
}

function judged(text: string, { name, start, end, isTight }: Value & { readonly end: number }): Found {
  const value = text.slice(start, end)
  return { start, end, isSecret: !isNothing(value) && isSecretValue(value, name, isTight) }
}

function isNothing(value: string): boolean {
  return value === "" || value.startsWith(marker) || (value.length < 12 && nothing.has(value.toLowerCase()))
}

function isSecretValue(value: string, name: Name, isTight: boolean): boolean {
  if (!name.isStrong) return looksRandom(value)
  return isTight || isUnlikeProse(value)
}
