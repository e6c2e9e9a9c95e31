/** One definition of each kind with everything that a model can see, and each place in them where a character can change. */
import type { ItemKind } from "../../../src/domain/catalog.ts"
import type { Definitions } from "./changing-service.ts"

type Json = string | number | boolean | null | readonly Json[] | JsonObject
type JsonObject = { readonly [member: string]: Json }

const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" }]
const meta = { "example.com/note": "kept by hosts", "example.com/rank": 3 }
const annotations = { audience: ["user"], priority: 0.5, lastModified: "2026-01-01T00:00:00Z" }

const samples = {
  tools: {
    name: "write_note",
    title: "Write a note",
    description: "Writes a note and says what was written.",
    inputSchema: {
      type: "object",
      title: "Note",
      properties: {
        text: { type: "string", description: "What to write.", default: "nothing", maxLength: 200 },
        tone: { type: "string", enum: ["calm", "loud"], examples: ["calm"] },
      },
      required: ["text"],
      additionalProperties: false,
    },
    outputSchema: { type: "object", properties: { said: { type: "string", description: "What was written." } } },
    annotations: { title: "Note", readOnlyHint: false, destructiveHint: true, openWorldHint: false },
    execution: { taskSupport: "optional" },
    icons,
    _meta: meta,
    vendorField: "shown to models too",
  },
  prompts: {
    name: "summary",
    title: "Sum it up",
    description: "Asks for a summary.",
    arguments: [{ name: "topic", title: "Topic", description: "Of what.", required: true }],
    icons,
    _meta: meta,
  },
  resources: {
    uri: "note://today",
    name: "today",
    title: "Today",
    description: "The notes of today.",
    mimeType: "text/plain",
    size: 120,
    annotations,
    icons,
    _meta: meta,
  },
  templates: {
    uriTemplate: "day://{day}",
    name: "day",
    title: "A day",
    description: "The notes of one day.",
    mimeType: "text/plain",
    annotations,
    icons,
    _meta: meta,
  },
} satisfies Record<ItemKind, Json>

/** What clients know the items by: another name is another item. */
const identities: Readonly<Record<ItemKind, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  templates: "uriTemplate",
}

/** @param write each definition as JSON */
export function definitionsAs(write: (definition: Json) => string): Definitions {
  const of = (kind: ItemKind): readonly string[] => [write(samples[kind])]
  return { tools: of("tools"), prompts: of("prompts"), resources: of("resources"), templates: of("templates") }
}

export const plain: Definitions = definitionsAs((definition) => JSON.stringify(definition))

/** The same values: other white space, members in another order, characters written as escapes. */
export const rewritten: Definitions = definitionsAs((definition) =>
  JSON.stringify(turned(definition), undefined, 3).replaceAll("W", "\\u0057"),
)

function turned(value: Json): Json {
  if (isList(value)) return value.map(turned)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => [name, turned(member)] as const)
  return Object.fromEntries(members.toReversed())
}

export type CharacterChange = { readonly at: string; readonly text: string }

/** A kind's definition as often as there are values and names of members in it, with a character changed in one. */
export function characterChanges(kind: ItemKind): readonly CharacterChange[] {
  return [...variants(samples[kind], "")]
    .filter(({ at }) => at !== `/${identities[kind]}`)
    .map(({ at, value }) => ({ at, text: JSON.stringify(value) }))
}

type Variant = { readonly at: string; readonly value: Json }

function* variants(value: Json, at: string): Generator<Variant> {
  if (isList(value)) {
    for (const [index, item] of value.entries())
      for (const other of variants(item, `${at}/${index}`))
        yield { ...other, value: value.with(index, other.value) }
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      for (const other of variants(member, `${at}/${name}`))
        yield { ...other, value: { ...value, [name]: other.value } }
      if (at !== "") yield { at: `${at}/${name} (its name)`, value: renamed(value, name) }
    }
  } else yield { at, value: changed(value, at) }
}

function renamed(value: JsonObject, name: string): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key === name ? `${name}x` : key, member]),
  )
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value)
}

/** By one character: one that is seen, or one that is not. */
function changed(value: string | number | boolean | null, at: string): Json {
  if (typeof value === "number") return value + 1
  if (typeof value !== "string") return !value
  return at.length % 2 === 0 ? `${value}.` : `${value}\u200b`
}
