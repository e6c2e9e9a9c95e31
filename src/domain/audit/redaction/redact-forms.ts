/** Secrets that are known by their form alone: the keys of well-known issuers, tokens, private keys, credentials. */

import { hasLongWord, isCredentialPair, isUnlikeProse } from "./redact-looks.ts"
import { endOfRun, runOf, type Span } from "./redact-spans.ts"
import { tokenSpans } from "./redact-tokens.ts"

/** They begin in a way nothing else does, so they are found wherever they stand. */
const distinct = [
  String.raw`mm_[0-9A-Za-z]{12}_[0-9A-Za-z]{16,}`,
  String.raw`(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}`,
  String.raw`gh[pousr]_[0-9A-Za-z]{16,}`,
  String.raw`github_pat_[0-9A-Za-z_]{16,}`,
  String.raw`gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|agent|imt)-[\w-]{16,}`,
  String.raw`xox[a-z]-[0-9A-Za-z-]{11,}`,
  String.raw`xapp-[0-9A-Za-z-]{16,}`,
  String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{16,}`,
  String.raw`[rs]k_(?:live|test)_[0-9A-Za-z]{10,}`,
  String.raw`whsec_[0-9A-Za-z+/=]{16,}`,
  String.raw`sk-(?:ant|proj|svcacct|admin|None|or|lf)-[\w-]{16,}`,
  String.raw`AIza[\w-]{30,}`,
  String.raw`GOCSPX-[\w-]{20,}`,
  String.raw`ya29\.[\w.-]{16,}`,
  String.raw`npm_[0-9A-Za-z]{30,}`,
  String.raw`pypi-[\w-]{32,}`,
  String.raw`dckr_(?:pat|oat)_[\w-]{16,}`,
  String.raw`shp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,}`,
  String.raw`do[opr]_v1_[0-9a-f]{32,}`,
  String.raw`hv[sbr]\.[\w-]{20,}`,
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  String.raw`glsa_[0-9A-Za-z_]{24,}`,
  String.raw`lin_api_[0-9A-Za-z]{24,}`,
  String.raw`PMAK-[0-9a-f-]{24,}`,
  String.raw`ATATT3[\w=-]{24,}`,
  String.raw`AGE-SECRET-KEY-1[0-9A-Z]{40,}`,
  String.raw`EAACEdEose0cBA[0-9A-Za-z]+`,
]

/** Their beginnings occur in words, so they must begin where a word does; an escape such as `\n` may stand before. */
const atStart = [
  String.raw`sk-[0-9A-Za-z]{20,}`,
  String.raw`hf_[0-9A-Za-z]{30,}`,
  String.raw`gsk_[0-9A-Za-z]{30,}`,
  String.raw`(?:xai-|pplx-|tvly-|figd_|ntn_|r8_)[0-9A-Za-z]{30,}`,
  String.raw`dapi[0-9a-f]{32}`,
  String.raw`\d{8,10}:AA[\w-]{32,}`,
]

const start = String.raw`(?:(?<![0-9A-Za-z])|(?<=\\[bfnrt])|(?<=%[0-9A-Fa-f]{2}))`
const known = new RegExp(`${distinct.join("|")}|${start}(?:${atStart.join("|")})`, "g")

/** The value is judged by its looks, since both words occur in prose. */
const scheme = /(?:bearer|basic)(?:\s{1,4}|%20|\+)(?=[\w.~+/=-]{6})/gi
const schemeValue = runOf("[\\w.~+/=-]")

export function formSpans(text: string): readonly Span[] {
  return [...knownSpans(text), ...tokenSpans(text), ...schemeSpans(text), ...privateKeySpans(text)]
}

function knownSpans(text: string): readonly Span[] {
  if (!hasLongWord(text)) return []
  return [...text.matchAll(known)].map(({ index, 0: { length } }) => ({ start: index, end: index + length }))
}

function schemeSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  for (const { index, 0: word } of text.matchAll(scheme)) {
    const from = index + word.length
    if (from < (spans.at(-1)?.end ?? 0)) continue
    const value = text.slice(from, endOfRun(text, from, schemeValue.near))
    if (isSchemeSecret(word, value)) spans.push({ start: from, end: endOfRun(text, from, schemeValue.far) })
  }
  return spans
}

function isSchemeSecret(word: string, value: string): boolean {
  if (/^basic/i.test(word)) return isCredentialPair(value)
  return isUnlikeProse(value)
}

const keyBegin = /-----BEGIN[ +%\w]{0,40}PRIVATE[ +%0-9]{1,3}KEY[ +%\w]{0,10}-----/g
const keyEnd = "-----END"

/** One without an end goes on to the end of the text. */
function privateKeySpans(text: string): readonly Span[] {
  const spans: Span[] = []
  for (const { index, 0: begin } of text.matchAll(keyBegin)) {
    if (index < (spans.at(-1)?.end ?? 0)) continue
    const end = text.indexOf(keyEnd, index + begin.length)
    const close = end < 0 ? -1 : text.indexOf("-----", end + keyEnd.length)
    spans.push({ start: index, end: close < 0 ? text.length : close + "-----".length })
  }
  return spans
}
