/**
 * Walks the bytes of JSON text and refuses whatever RFC 8259 does not allow, building no values.
 *
 * Every function takes the place of a first byte and returns the place after the last. Nothing here recurses, so
 * that nesting costs a peer its own bytes and not our stack. What is kept on the way: json-members.ts. The same grammar
 * for text that comes in pieces: json-pieces.ts.
 */

import { isUtf8 } from "node:buffer"
import { ProtocolError } from "../protocol-error.ts"

/** One walk over one text. */
export type Walk = {
  readonly bytes: Buffer
  /** Containers that may stand open at once. */
  readonly maxDepth: number
  /** The first broken rule past the grammar: the walk goes on, so that an id further on is still found. */
  fault: string | undefined
}

export const byte = {
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  e: 0x65,
  u: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

/** Both closing bytes come two after their opening ones: `[` 5b `]` 5d, `{` 7b `}` 7d. */
export const toClosing = 2

/** Past this depth the walk stops at once, without looking for an id; no `maxDepth` goes beyond. */
const stopDepth = 1_024

/** The opening byte of each container that stands open. One for all walks: none is ever interrupted. */
const opened = new Uint8Array(stopDepth + 1)

/** 1 for each byte that a string may hold as it stands. */
export const plain = new Uint8Array(256).fill(1, 0x20)
plain[byte.quote] = 0
plain[byte.backslash] = 0

/** 1 for each byte that may follow a backslash on its own. */
export const escapes = new Uint8Array(256)
for (const escape of Buffer.from('"\\/bfnrt')) escapes[escape] = 1

export function startWalk(bytes: Buffer, maxDepth: number): Walk {
  if (!isUtf8(bytes)) throw new ProtocolError("parse_error", "Not valid JSON: the text is not UTF-8.")
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new ProtocolError("parse_error", "Not valid JSON: the text starts with a byte order mark; leave it out.")
  }
  return { bytes, maxDepth: Math.min(maxDepth, stopDepth), fault: undefined }
}

/** Refuses what follows the one value of a text. */
export function endWalk(walk: Walk, at: number): void {
  if (skipSpace(walk, at) < walk.bytes.length) throw unexpected(walk, skipSpace(walk, at), "the end of the text")
}

/** @param depth how many containers stand open around the value */
export function skipValue(walk: Walk, start: number, depth: number): number {
  const { bytes } = walk
  let at = start
  let level = depth
  do {
    const first = bytes[at]
    if (first === byte.openBrace || first === byte.openBracket) {
      enter(walk, at, ++level)
      opened[level] = first
      at = skipSpace(walk, at + 1)
      if (bytes[at] !== first + toClosing) {
        if (first === byte.openBrace) at = skipKey(walk, at)
        continue
      }
    } else {
      at = skipScalar(walk, at)
      if (level === depth) return at
      at = skipSpace(walk, at)
    }
    while (level > depth && bytes[at] === closing(level)) {
      at++
      if (--level > depth) at = skipSpace(walk, at)
    }
    if (level > depth) {
      at = skipComma(walk, at, closing(level))
      if (opened[level] === byte.openBrace) at = skipKey(walk, at)
    }
  } while (level > depth)
  return at
}

/** Counts a container that opens at `at` as the `level`th. */
export function enter(walk: Walk, at: number, level: number): void {
  if (level <= walk.maxDepth) return
  walk.fault ??= `The JSON is nested deeper than ${walk.maxDepth} levels at byte ${at}; make it flatter.`
  if (level > stopDepth) throw new ProtocolError("invalid_request", walk.fault)
}

/** Where the value begins whose key is at `at`. */
function skipKey(walk: Walk, at: number): number {
  return skipColon(walk, skipString(walk, at))
}

export function skipColon(walk: Walk, start: number): number {
  const at = skipSpace(walk, start)
  if (walk.bytes[at] !== byte.colon) throw unexpected(walk, at, "a colon")
  return skipSpace(walk, at + 1)
}

/** From the comma at `at` to what comes next in the container that `closing` would close. */
export function skipComma(walk: Walk, at: number, closing: number): number {
  if (walk.bytes[at] !== byte.comma) throw unexpected(walk, at, `"," or "${String.fromCharCode(closing)}"`)
  return skipSpace(walk, at + 1)
}

function closing(level: number): number {
  return (opened[level] as number) + toClosing
}

export function skipSpace({ bytes }: Walk, start: number): number {
  let at = start
  while (at < bytes.length) {
    const space = bytes[at] as number
    if (space > 0x20 || (space !== 0x20 && space !== 0x0a && space !== 0x0d && space !== 0x09)) return at
    at++
  }
  return at
}

function skipScalar(walk: Walk, at: number): number {
  const first = walk.bytes[at]
  if (first === byte.quote) return skipString(walk, at)
  if (first === 0x74) return skipWord(walk, at, "true")
  if (first === 0x66) return skipWord(walk, at, "false")
  return first === 0x6e ? skipWord(walk, at, "null") : skipNumber(walk, at)
}

function skipWord(walk: Walk, at: number, word: string): number {
  for (let index = 1; index < word.length; index++) {
    if (walk.bytes[at + index] !== word.charCodeAt(index)) throw unexpected(walk, at, "a value")
  }
  return at + word.length
}

export function skipString(walk: Walk, start: number): number {
  const { bytes } = walk
  if (bytes[start] !== byte.quote) throw unexpected(walk, start, "a string")
  let at = skipPlain(bytes, start + 1)
  while (bytes[at] !== byte.quote) {
    if (bytes[at] !== byte.backslash) throw unexpected(walk, at, "the rest of a string without control characters")
    at = skipPlain(bytes, skipEscape(walk, at))
  }
  return at + 1
}

/** Where most of the time goes: alone, so that the loop stays as tight as it can. */
function skipPlain(bytes: Buffer, start: number): number {
  const end = bytes.length
  let at = start
  while (at < end && plain[bytes[at] as number] === 1) at++
  return at
}

function skipEscape(walk: Walk, at: number): number {
  const { bytes } = walk
  if (at + 1 < bytes.length && escapes[bytes[at + 1] as number] === 1) return at + 2
  if (bytes[at + 1] !== byte.u) throw unexpected(walk, at + 1, "the rest of an escape")
  for (let digit = at + 2; digit < at + 6; digit++) {
    if (!isHexDigit(bytes[digit])) throw unexpected(walk, digit, "four hexadecimal digits")
  }
  return at + 6
}

export function isHexDigit(digit: number | undefined): boolean {
  return digit !== undefined && (isDigit(digit) || ((digit | 0x20) >= 0x61 && (digit | 0x20) <= 0x66))
}

export function isDigit(digit: number | undefined): boolean {
  return digit !== undefined && digit >= byte.zero && digit <= 0x39
}

function skipNumber(walk: Walk, start: number): number {
  const { bytes } = walk
  const first = bytes[start] === byte.minus ? start + 1 : start
  if (!isDigit(bytes[first])) throw unexpected(walk, first, first > start ? "a digit" : "a value")
  let at = bytes[first] === byte.zero ? first + 1 : skipDigits(walk, first)
  if (bytes[at] === byte.dot) at = skipDigits(walk, at + 1)
  if (bytes[at] === byte.e || bytes[at] === 0x45) {
    const signed = bytes[at + 1] === byte.plus || bytes[at + 1] === byte.minus
    at = skipDigits(walk, signed ? at + 2 : at + 1)
  }
  return at
}

/** At least one. A second digit after a leading zero is nobody's, and refused by whoever looks next. */
function skipDigits(walk: Walk, start: number): number {
  const { bytes } = walk
  const end = bytes.length
  let at = start
  while (at < end && isDigit(bytes[at])) at++
  if (at === start) throw unexpected(walk, at, "a digit")
  return at
}

/** Says where, and nothing of what stands there: a message may hold secrets. */
function unexpected({ bytes }: Walk, at: number, wanted: string): ProtocolError {
  const where = at < bytes.length ? `at byte ${at}` : `at byte ${at}, where the text ends`
  return new ProtocolError("parse_error", `Not valid JSON: expected ${wanted} ${where}.`)
}
