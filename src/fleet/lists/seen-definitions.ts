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
        const id = hash("sha256", writeObject(definition), "base64")
        const known = digests.get(id) ?? this.#digests.get(id)
        const seen = known ? { ...known, text: () => textOf(definition) } : look(kind, definition)
        digests.set(id, known ?? { digest: seen.digest, bare: seen.bare })
        all.push({ kind, definition, seen: { kind, name, ...seen } })
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

/** With the text, which is wanted of what was not seen before. */
function look(kind: ItemKind, definition: RawObject): Omit<Seen, "kind" | "name"> {
  const text = textOf(definition)
  const hasMore = kind === "tools" && definition.has("execution")
  const bare = hasMore ? digestOfText(textOf(withMembers(definition, { execution: undefined }))) : undefined
  return { digest: digestOfText(text), bare, text: () => text }
}

function textOf(definition: RawObject): string {
  return canonicalText(writeObject(definition).toString())
}
