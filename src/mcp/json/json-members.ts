/**
 * Notes the members of an object, or the items of an array, while the walk passes over them: places in the bytes,
 * copied nowhere. A key that comes twice is a fault, because two readers would each believe another one.
 *
 * The grammar beneath is left to json-scanner.ts, what was noted to object-view.ts; what the members of a message must
 * be, to envelope.ts.
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
import { maxMembers, ObjectView } from "./object-view.ts"

/** An object whose members are to be noted, with those of its members that are to be noted in turn. */
export type Shape = { readonly name: string; readonly inside: ReadonlyMap<string, Shape> }

/** Walks the whole text. `undefined` when it is not an object. */
export function noteObject(walk: Walk, shape: Shape): ObjectView | undefined {
  const start = skipSpace(walk, 0)
  const noted = walk.bytes[start] === byte.openBrace ? noteMembers(walk, start, shape, 1) : undefined
  endWalk(walk, noted ? noted.end : skipValue(walk, start, 0))
  return noted
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
function noteMembers(walk: Walk, start: number, shape: Shape, level: number): ObjectView {
  const { bytes } = walk
  const noted = new ObjectView(bytes, start)
  enter(walk, start, level)
  let at = skipSpace(walk, start + 1)
  if (bytes[at] === byte.closeBrace) return noted.endAt(at + 1)
  for (;;) {
    if (noted.size === maxMembers) return noted.endAt(passRest(walk, at, shape, level))
    const keyEnd = skipString(walk, at)
    const key = decodeString(bytes, at, keyEnd)
    const valueAt = skipColon(walk, keyEnd)
    const inner = bytes[valueAt] === byte.openBrace ? shape.inside.get(key) : undefined
    const inside = inner && noteMembers(walk, valueAt, inner, level + 1)
    const end = inside ? inside.end : skipValue(walk, valueAt, level)
    if (!noted.note(key, valueAt, end, inside))
      walk.fault ??= `The member ${excerpt(key)} comes twice in ${shape.name} at byte ${at}.`
    at = skipSpace(walk, end)
    if (bytes[at] === byte.closeBrace) return noted.endAt(at + 1)
    at = skipComma(walk, at, byte.closeBrace)
  }
}

/** The members that are too many: only the grammar still looks at them. */
function passRest(walk: Walk, start: number, { name }: Shape, level: number): number {
  walk.fault ??= `There are more than ${maxMembers} members in ${name} at byte ${start}.`
  let at = start
  for (;;) {
    const valueAt = skipColon(walk, skipString(walk, at))
    at = skipSpace(walk, skipValue(walk, valueAt, level))
    if (walk.bytes[at] === byte.closeBrace) return at + 1
    at = skipComma(walk, at, byte.closeBrace)
  }
}
