/**
 * All that a service says of itself and a model or a person can read, text by text: names, descriptions, schemas with
 * everything in them, annotations, icons, `_meta`, prompts, resources, templates, the service's own instructions.
 */

import { fromRaw, fromRawObject, readString, sizeOf, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import { itemKinds, type ItemKind } from "../catalog.ts"
import { looksLatin, mixesScripts } from "./lookalikes.ts"
import { escapeForeign, shownExcerpt } from "./shown-excerpt.ts"

/** What a service offers, as it came. */
export type Definitions = {
  readonly service: string
  /** Whether its names carry the service's name in the list of all. */
  readonly prefix: boolean
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly instructions: string | undefined
  /** Its Implementation object. */
  readonly info: RawJson | undefined
  readonly items: Readonly<Record<ItemKind, readonly RawObject[]>>
}

/** One of its items, or what it says of itself as a whole. */
export type Part = {
  /** `tools/add`, `instructions`. */
  readonly where: string
  readonly kind: ItemKind | undefined
  readonly name: string
  /** About the bytes of its JSON text. */
  readonly bytes: number
  readonly read: () => unknown
}

export type Text = {
  readonly where: string
  readonly text: string
  /** A name is what somebody is called by, or a key. */
  readonly role: "name" | "text"
}

/** @yields what stands by itself, in the order in which it came */
export function* partsOf({ items, instructions, info }: Definitions): Generator<Part> {
  if (instructions !== undefined)
    yield { ...itself, where: "instructions", bytes: instructions.length, read: () => ({ instructions }) }
  if (info?.[0] === 0x7b) yield { ...itself, where: "serverInfo", bytes: info.length, read: () => fromRaw(info) }
  for (const kind of itemKinds) {
    for (const [index, item] of items[kind].entries()) {
      const name = nameOf(kind, item)
      const where = pathOf(kind, name === "" ? String(index) : name)
      yield { where, kind, name, bytes: sizeOf(item), read: () => fromRawObject(item) }
    }
  }
}

const itself = { kind: undefined, name: "" }

const nameMembers = { tools: "name", prompts: "name", resources: "uri", templates: "uriTemplate" } as const

/** Empty where it has none. */
export function nameOf(kind: ItemKind, item: RawObject): string {
  return readString(item.get(nameMembers[kind])) ?? ""
}

/** @yields every string of the part and every key that is more than a plain word */
export function* textsOf({ where }: Part, value: unknown): Generator<Text> {
  yield* textsIn(value, where, "")
}

const nameKeys = new Set(["name", "title", "uri", "uriTemplate"])

function* textsIn(value: unknown, where: string, key: string): Generator<Text> {
  if (typeof value === "string") yield { where, text: value, role: nameKeys.has(key) ? "name" : "text" }
  if (typeof value !== "object" || value === null) return
  for (const [inner, member] of Object.entries(value) as [string, unknown][]) {
    const path = where === "instructions" ? where : pathOf(where, inner)
    if (!isPlainWord(inner)) yield { where: path, text: inner, role: "name" }
    yield* textsIn(member, path, Array.isArray(value) ? "" : inner)
  }
}

function isPlainWord(key: string): boolean {
  return /^[A-Za-z0-9$]{1,24}$/.test(key)
}

const maxPath = 300
const maxPiece = 64

function pathOf(where: string, piece: string): string {
  const shown = mixesScripts(piece) || looksLatin(piece) ? escapeForeign(piece) : shownExcerpt(piece)
  const path = `${where}/${shown.slice(0, maxPiece)}`
  return path.length > maxPath ? `${path.slice(0, maxPath - 3)}...` : path
}
