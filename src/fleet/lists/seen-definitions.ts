/**
 * The lists of a service as its pins look at them: each item with the digest of its whole definition, as it came and
 * before any rule of the service's file. Digests of items whose bytes are the same as last time are not made anew.
 */

import { hash } from "node:crypto"
import { itemKinds, type ItemKind } from "../../domain/catalog.ts"
import { canonicalText } from "../../domain/pins/canonical-text.ts"
import { digestOfText, type Seen } from "../../domain/pins/pin.ts"
import { readString, withMembers, writeObject, type RawObject } from "../../mcp/raw-json.ts"
import type { Lists } from "./list-cache.ts"

/** An item with what its pins know it by. */
export type SeenItem = { readonly kind: ItemKind; readonly definition: RawObject; readonly seen: Seen }

type Digests = Pick<Seen, "digest" | "bare">

const nameMember: Readonly<Record<ItemKind, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  templates: "uriTemplate",
}

/** For how long definitions are looked at before others get their turn. */
const turnMs = 10

export class SeenDefinitions {
  #digests: ReadonlyMap<string, Digests> = new Map()

  /** What has no name is offered by nobody, and so left out. */
  async read({ items }: Pick<Lists, "items">): Promise<readonly SeenItem[]> {
    const digests = new Map<string, Digests>()
    const all: SeenItem[] = []
    let turnEndsMs = performance.now() + turnMs
    for (const kind of itemKinds) {
      for (const definition of items[kind]) {
        if (performance.now() > turnEndsMs) {
          await new Promise(setImmediate)
          turnEndsMs = performance.now() + turnMs
        }
        const name = readString(definition.get(nameMember[kind]))?.toWellFormed()
        if (name === undefined) continue
        const bytes = writeObject(definition)
        const id = hash("sha256", bytes, "base64")
        const known = digests.get(id) ?? this.#digests.get(id) ?? digestsOf(kind, definition)
        digests.set(id, known)
        all.push({ kind, definition, seen: { kind, name, ...known, text: () => textOf(definition) } })
      }
    }
    this.#digests = digests
    return all
  }
}

export function seenInstructions(instructions: string): Seen {
  const text = JSON.stringify(instructions)
  return { kind: "instructions", name: "instructions", digest: digestOfText(text), text: () => text }
}

function digestsOf(kind: ItemKind, definition: RawObject): Digests {
  const digest = digestOfText(textOf(definition))
  if (kind !== "tools" || !definition.has("execution")) return { digest }
  return { digest, bare: digestOfText(textOf(withMembers(definition, { execution: undefined }))) }
}

function textOf(definition: RawObject): string {
  return canonicalText(writeObject(definition).toString())
}
