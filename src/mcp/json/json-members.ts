/**
 * Notes the members of an object, or the items of an array, while the walk passes over them: views into the bytes,
 * copied nowhere. A key that comes twice is a fault, because two readers would each believe another one.
 *
 * The grammar beneath is left to json-scanner.ts; what the members of a message must be, to envelope.ts.
 */

import type { RawJson } from "../raw-json.ts"
import { decodeString, excerpt } from "./json-string.ts"
import {
  byte,
  endWalk,
  enter,
  skipColon,
  skipComma,
  skipSpace,
  skipString,
  skipValue,
  type Walk,
} from "./json-scanner.ts"

/** An object whose members are to be noted, with those of its members that are to be noted in turn. */
export type Shape = { readonly name: string; readonly inside: ReadonlyMap<string, Shape> }

/** The members of each shape that was met. */
export type Noted = Map<Shape, Map<string, RawJson>>

/** Further members are walked but not noted, and the text has a fault. */
const maxMembers = 10_000

/** Stands for a value that came twice: it is wrong whatever kind of value is looked for. */
const ambiguous: RawJson = Buffer.alloc(0)

/** Walks the whole text. `undefined` when it is not an object. */
export function noteObject(walk: Walk, shape: Shape): Noted | undefined {
  const noted: Noted = new Map()
  const start = skipSpace(walk, 0)
  const isObject = walk.bytes[start] === byte.openBrace
  endWalk(walk, isObject ? noteMembers(walk, start, shape, noted, 1) : skipValue(walk, start, 0))
  return isObject ? noted : undefined
}

/** Walks the whole text. `undefined` when it is not an array. */
export function noteArray(walk: Walk, maxItems: number): RawJson[] | undefined {
  const items: RawJson[] = []
  const start = skipSpace(walk, 0)
  const isArray = walk.bytes[start] === byte.openBracket
  endWalk(walk, isArray ? noteItems(walk, start, items, maxItems) : skipValue(walk, start, 0))
  return isArray ? items : undefined
}

function noteItems(walk: Walk, start: number, items: RawJson[], maxItems: number): number {
  const { bytes } = walk
  enter(walk, start, 1)
  let at = skipSpace(walk, start + 1)
  if (bytes[at] === byte.closeBracket) return at + 1
  for (;;) {
    const end = skipValue(walk, at, 1)
    if (items.length < maxItems) items.push(bytes.subarray(at, end))
    else walk.fault ??= `The array has more than ${maxItems} items; send fewer at a time.`
    at = skipSpace(walk, end)
    if (bytes[at] === byte.closeBracket) return at + 1
    at = skipComma(walk, at, byte.closeBracket)
  }
}

/** @param level how many containers stand open, this one included */
function noteMembers(walk: Walk, start: number, shape: Shape, noted: Noted, level: number): number {
  const { bytes } = walk
  const members = new Map<string, RawJson>()
  noted.set(shape, members)
  enter(walk, start, level)
  let at = skipSpace(walk, start + 1)
  if (bytes[at] === byte.closeBrace) return at + 1
  for (;;) {
    const keyEnd = skipString(walk, at)
    const key = decodeString(bytes, at, keyEnd)
    const valueAt = skipColon(walk, keyEnd)
    const inner = bytes[valueAt] === byte.openBrace ? shape.inside.get(key) : undefined
    const end = inner ? noteMembers(walk, valueAt, inner, noted, level + 1) : skipValue(walk, valueAt, level)
    const kept = keep(members, key, bytes.subarray(valueAt, end))
    if (kept !== "noted") walk.fault ??= `${describe(kept, key)} in ${shape.name} at byte ${at}.`
    at = skipSpace(walk, end)
    if (bytes[at] === byte.closeBrace) return at + 1
    at = skipComma(walk, at, byte.closeBrace)
  }
}

type Kept = "noted" | "repeated" | "past the limit"

function keep(members: Map<string, RawJson>, key: string, value: RawJson): Kept {
  if (members.has(key)) {
    members.set(key, ambiguous)
    return "repeated"
  }
  if (members.size === maxMembers) return "past the limit"
  members.set(key, value)
  return "noted"
}

function describe(kept: Kept, key: string): string {
  return kept === "repeated"
    ? `The member ${excerpt(key)} comes twice`
    : `There are more than ${maxMembers} members`
}
