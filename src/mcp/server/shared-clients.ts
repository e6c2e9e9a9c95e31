/**
 * What clients say of themselves, kept once for all that say the same: ten thousand sessions are mostly of a few
 * programs. It is a copy, so that no session holds on to the message it began with.
 */

import { legacyRevisions, type ClientFacts } from "../message.ts"
import { readMembers } from "../outline.ts"
import { noMembers, readString, type RawJson, type RawObject } from "../raw-json.ts"

const maxKept = 256
/** Of one that is kept for others. */
const maxLength = 4_096
const kept = new Map<string, ClientFacts>()

/** @param params of `initialize` */
export function introduced(params: RawObject): ClientFacts {
  const requested = readString(params.get("protocolVersion"))
  const capabilities = params.get("capabilities")
  return sharedClient({
    era: "legacy",
    revision: legacyRevisions.find((revision) => revision === requested) ?? legacyRevisions[0],
    capabilities: capabilities ? readMembers(capabilities) : noMembers,
    info: params.get("clientInfo"),
  })
}

function sharedClient(client: ClientFacts): ClientFacts {
  const text = textOf(client)
  if (text.length > maxLength) return copyOf(client)
  const known = kept.get(text)
  if (known) return known
  const [oldest] = kept.keys()
  if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest)
  const copy = copyOf(client)
  kept.set(text, copy)
  return copy
}

function textOf({ era, revision, capabilities, info }: ClientFacts): string {
  const declared = [...capabilities].map(([name, raw]) => [name, raw.toString()])
  return JSON.stringify([era, revision, declared, info?.toString()])
}

function copyOf({ era, revision, capabilities, info }: ClientFacts): ClientFacts {
  const copied = new Map([...capabilities].map(([name, raw]) => [name, copyBytes(raw)]))
  return { era, revision, capabilities: copied, info: info && copyBytes(info) }
}

function copyBytes(raw: RawJson): RawJson {
  return Buffer.from(raw)
}
