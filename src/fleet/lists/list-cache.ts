/**
 * The last known lists of each service on disk, so that a service that is down or slow to start is listed all the same.
 * Only a cache: whatever cannot be read or does not fit the definition of today counts as nothing.
 */

import { randomUUID } from "node:crypto"
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { temporarySuffix } from "../../durable-file.ts"
import { itemKinds, type ItemKind } from "../../domain/catalog.ts"
import type { ServiceFacts } from "../../mcp/client/link.ts"
import { legacyRevisions, modernRevisions } from "../../mcp/message.ts"
import { readItems, readMembers } from "../../mcp/outline.ts"
import {
  fromRaw,
  readString,
  toRaw,
  copyMembers,
  writeArray,
  writeObject,
  type RawJson,
  type RawObject,
} from "../../mcp/raw-json.ts"
import { noTtls, type ListItems, type ListTtls } from "./lists.ts"

/** What a service said when it was listed. */
export type Lists = {
  readonly facts: Pick<ServiceFacts, "era" | "revision" | "capabilities" | "instructions">
  readonly items: ListItems
  /** None once it was read from disk: nobody knows how old it was then. */
  readonly ttlMs: ListTtls
  readonly listedAtMs: number
}

const maxBytes = 16 * 1024 * 1024
const format = "1"

export class ListCache {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param key digest of the definition the lists belong to */
  async load(service: string, key: string): Promise<Lists | undefined> {
    try {
      const bytes = await readFile(this.#pathOf(service))
      return bytes.length <= maxBytes ? readLists(readMembers(bytes), key) : undefined
    } catch {
      return undefined
    }
  }

  /** Lists too large to keep replace what was kept by nothing. */
  async save(service: string, key: string, lists: Lists): Promise<void> {
    const bytes = writeLists(lists, key)
    if (bytes.length > maxBytes) return this.remove(service)
    const temporary = `${this.#pathOf(service)}.${randomUUID()}${temporarySuffix}`
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    try {
      await writeFile(temporary, bytes, { mode: 0o600 })
      await rename(temporary, this.#pathOf(service))
    } catch (thrown) {
      await rm(temporary, { force: true })
      throw thrown
    }
  }

  async remove(service: string): Promise<void> {
    await rm(this.#pathOf(service), { force: true })
  }

  #pathOf(service: string): string {
    return join(this.#folder, `${service}.json`)
  }
}

const factsSchema = z.object({
  era: z.enum(["legacy", "modern"]),
  revision: z.enum([...modernRevisions, ...legacyRevisions]),
  capabilities: z.record(z.string(), z.unknown()),
  instructions: z.string().nullable(),
})
const instantSchema = z.int().nonnegative()

function writeLists({ facts, items, listedAtMs }: Lists, key: string): RawJson {
  const raw = (kind: ItemKind): RawJson => writeArray(items[kind].map(writeObject))
  return writeObject(
    new Map([
      ["format", toRaw(format)],
      ["key", toRaw(key)],
      ["listedAtMs", toRaw(listedAtMs)],
      ["facts", toRaw({ ...facts, instructions: facts.instructions ?? null })],
      ...itemKinds.map((kind) => [kind, raw(kind)] as const),
    ]),
  )
}

function readLists(members: RawObject, key: string): Lists | undefined {
  if (readString(members.get("format")) !== format || readString(members.get("key")) !== key) return undefined
  const { era, revision, capabilities, instructions } = factsSchema.parse(read(members, "facts"))
  const listedAtMs = instantSchema.parse(read(members, "listedAtMs"))
  const list = (kind: ItemKind): RawObject[] =>
    readItems(members.get(kind) ?? toRaw([])).map((item) => copyMembers(readMembers(item)))
  return {
    facts: { era, revision, capabilities, instructions: instructions ?? undefined },
    listedAtMs,
    ttlMs: noTtls,
    items: {
      tools: list("tools"),
      prompts: list("prompts"),
      resources: list("resources"),
      templates: list("templates"),
    },
  }
}

function read(members: RawObject, name: string): unknown {
  const raw = members.get(name)
  if (!raw) throw new Error(`The cache lacks ${name}.`)
  return fromRaw(raw)
}
