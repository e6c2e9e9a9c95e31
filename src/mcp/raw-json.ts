/**
 * JSON kept as the bytes it came in, so that what the gateway does not change leaves it unchanged: number digits,
 * key order and unknown members included. How bytes are taken apart: outline.ts.
 */

import { decodeString, familiar } from "./json/json-string.ts"
import { ObjectView } from "./json/object-view.ts"

/** A view into a message's bytes holding exactly one JSON value. Never parsed unless a rule needs it. */
export type RawJson = Buffer

/** The members of one JSON object in the order they came, values unparsed. Keys are unique. */
export type RawObject = ReadonlyMap<string, RawJson>

export const noMembers: RawObject = new Map()

const empty = Buffer.from("{}")
const close = Buffer.from("}")

/** The keys that nearly every message holds, by what stands before them. */
const labels = { "{": labelsAfter("{"), ",": labelsAfter(","), "": labelsAfter("") }

function labelsAfter(before: string): ReadonlyMap<string, Buffer> {
  return new Map(familiar.map((key) => [key, Buffer.from(`${before}"${key}":`)]))
}

/** The bytes of a value of our own making. */
export function toRaw(value: unknown): RawJson {
  return Buffer.from(JSON.stringify(value))
}

/** Parses where a rule needs the value. Numbers lose digits past 2^53: never forward what this returns. */
export function fromRaw(raw: RawJson): unknown {
  return JSON.parse(raw.toString())
}

/** The members of an object of our own making. */
export function toRawObject(value: object): RawObject {
  return new Map(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, toRaw(member)]),
  )
}

export function fromRawObject(members: RawObject): Record<string, unknown> {
  return Object.fromEntries([...members].map(([key, raw]) => [key, fromRaw(raw)]))
}

/** A copy in which each named member is replaced, added at the end, or (`undefined`) left out. */
export function withMembers(
  members: RawObject,
  changes: Readonly<Record<string, RawJson | undefined>>,
): RawObject {
  const changed = copyMembers(members)
  for (const [key, raw] of Object.entries(changes)) {
    if (raw === undefined) changed.delete(key)
    else changed.set(key, raw)
  }
  return changed
}

/** A copy that can be changed. */
export function copyMembers(members: RawObject): Map<string, RawJson> {
  return members instanceof ObjectView ? members.toMap() : new Map(members)
}

/** A copy in memory of its own: what is kept keeps no message alive. */
export function copyOf(members: RawObject): RawObject {
  return new Map([...members].map(([key, raw]) => [key, Buffer.from(raw)]))
}

/** About the bytes of its JSON text. */
export function sizeOf(members: RawObject): number {
  return [...members].reduce((sum, [key, raw]) => sum + key.length + raw.length, 0)
}

/** The members as one JSON object: as it came where it came as one, else written anew, copying each value once. */
export function writeObject(members: RawObject): RawJson {
  return members instanceof ObjectView ? members.text : Buffer.concat(objectPieces(members))
}

/** The same without copying: what stands one after another. */
export function objectPieces(members: RawObject): readonly Buffer[] {
  if (members instanceof ObjectView) return [members.text]
  const pieces = memberPieces(members)
  pieces.push(pieces.length === 0 ? empty : close)
  return pieces
}

/** The pieces of the object in which one member, itself in pieces, is replaced or added at the end. */
export function piecesWith(members: RawObject, key: string, value: readonly Buffer[]): Buffer[] {
  if (members instanceof ObjectView && !members.has(key)) {
    return [members.text.subarray(0, -1), labelOf(key, members.size === 0 ? "" : ","), ...value, close]
  }
  const pieces = memberPieces(members, key)
  pieces.push(labelOf(key, pieces.length === 0 ? "{" : ","), ...value, close)
  return pieces
}

/** Up to the closing brace; none where there are no members. */
function memberPieces(members: RawObject, without?: string): Buffer[] {
  const pieces: Buffer[] = []
  for (const [key, raw] of members) {
    if (key !== without) pieces.push(labelOf(key, pieces.length === 0 ? "{" : ","), raw)
  }
  return pieces
}

/** A key as it stands before its value. */
export function labelOf(key: string, before: keyof typeof labels): Buffer {
  return labels[before].get(key) ?? Buffer.from(`${before}${JSON.stringify(key)}:`)
}

/** Writes the values as one JSON array, copying each value once. */
export function writeArray(items: readonly RawJson[]): RawJson {
  const pieces: Buffer[] = [Buffer.from("[")]
  items.forEach((item, index) => pieces.push(...(index === 0 ? [item] : [Buffer.from(","), item])))
  pieces.push(Buffer.from("]"))
  return Buffer.concat(pieces)
}

/** A string member's value; `undefined` where it is absent or not a string. */
export function readString(raw: RawJson | undefined): string | undefined {
  return raw?.[0] === 0x22 ? decodeString(raw, 0, raw.length) : undefined
}
