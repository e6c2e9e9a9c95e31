/**
 * JSON text as values, for rules that decide by them: a key that comes twice, at any depth, makes the text unreadable,
 * and a number whose digits a double does not keep is no number. So what is compared here is what any other reader sees.
 *
 * The grammar beneath: json/json-scanner.ts. Values that are only passed on stay bytes: raw-json.ts.
 */

import { decodeString } from "./json/json-string.ts"
import {
  byte,
  endWalk,
  enter,
  skipColon,
  skipComma,
  skipSpace,
  skipString,
  skipValue,
  startWalk,
  type Walk,
} from "./json/json-scanner.ts"
import type { RawJson } from "./raw-json.ts"

/** A number of more digits than a double holds, so that two readers may take it for two numbers. */
const inexact = Symbol("inexact number")

export type StrictJson =
  | string
  | number
  | boolean
  | null
  | typeof inexact
  | readonly StrictJson[]
  | ReadonlyMap<string, StrictJson>

const maxDepth = 64
const maxBytes = 1_048_576
const maxValues = 50_000
/** Each decimal number of so many digits has a double of its own. */
const exactDigits = 15

type Reading = Walk & { at: number; values: number }

/** @returns undefined for what is no JSON, holds a key twice, is nested deeper than 64 levels, or is too large to be looked at */
export function readStrictJson(raw: RawJson): StrictJson | undefined {
  if (raw.length > maxBytes) return undefined
  try {
    const walk: Reading = { ...startWalk(raw, maxDepth), at: 0, values: 0 }
    walk.at = skipSpace(walk, 0)
    const value = readValue(walk, 0)
    endWalk(walk, walk.at)
    return walk.fault === undefined ? value : undefined
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === "ProtocolError") return undefined
    throw thrown
  }
}

function readValue(walk: Reading, depth: number): StrictJson {
  if (++walk.values > maxValues) walk.fault ??= "There are too many values."
  // Recursion ends here, whatever comes: the scanner itself passes over what is nested deeper.
  const tooMuch = walk.fault !== undefined || depth === maxDepth
  const first = walk.bytes[walk.at]
  if (!tooMuch && first === byte.openBrace) return readObject(walk, depth + 1)
  if (!tooMuch && first === byte.openBracket) return readArray(walk, depth + 1)
  const start = walk.at
  walk.at = skipValue(walk, start, depth)
  return tooMuch ? null : readScalar(walk.bytes, start, walk.at)
}

function readObject(walk: Reading, depth: number): StrictJson {
  const members = new Map<string, StrictJson>()
  enter(walk, walk.at, depth)
  walk.at = skipSpace(walk, walk.at + 1)
  while (walk.bytes[walk.at] !== byte.closeBrace) {
    const keyEnd = skipString(walk, walk.at)
    const key = decodeString(walk.bytes, walk.at, keyEnd)
    walk.at = skipColon(walk, keyEnd)
    const value = readValue(walk, depth)
    if (members.has(key)) walk.fault ??= "A key comes twice."
    members.set(key, value)
    passSeparator(walk, byte.closeBrace)
  }
  walk.at++
  return members
}

function readArray(walk: Reading, depth: number): StrictJson {
  const items: StrictJson[] = []
  enter(walk, walk.at, depth)
  walk.at = skipSpace(walk, walk.at + 1)
  while (walk.bytes[walk.at] !== byte.closeBracket) {
    items.push(readValue(walk, depth))
    passSeparator(walk, byte.closeBracket)
  }
  walk.at++
  return items
}

/** To the next item, or to what closes: nothing may stand between a comma and that. */
function passSeparator(walk: Reading, closing: number): void {
  walk.at = skipSpace(walk, walk.at)
  if (walk.bytes[walk.at] === closing) return
  walk.at = skipComma(walk, walk.at, closing)
  if (walk.bytes[walk.at] === closing) walk.fault ??= "A comma stands before what closes."
}

function readScalar(bytes: Buffer, start: number, end: number): StrictJson {
  const first = bytes[start]
  if (first === byte.quote) return decodeString(bytes, start, end)
  if (first === 0x74) return true
  if (first === 0x66) return false
  return first === 0x6e ? null : readNumber(bytes.toString("latin1", start, end))
}

function readNumber(text: string): number | typeof inexact {
  const number = Number(text)
  return isExact(number, text) ? number : inexact
}

/** Whether nobody can take the digits for another number than the double is. */
export function isExact(number: number, text = String(number)): boolean {
  if (Number.isSafeInteger(number) && /^-?\d+$/.test(text)) return true
  const [, digits = ""] = /^-?([\d.]*)/.exec(text) ?? []
  const significant = digits.replace(".", "").replace(/^0+/, "")
  const isZero = !/[1-9]/.test(significant)
  const magnitude = Math.abs(number)
  // past these a double holds fewer digits, or none
  const isOrdinary = isZero ? number === 0 : magnitude >= 1e-300 && magnitude <= 1e300
  return significant.length <= exactDigits && isOrdinary
}
