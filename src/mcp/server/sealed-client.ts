/**
 * What of a legacy client must survive in a sealed session id. Who seals it, and what else is in it: http-sessions.ts.
 */

import { legacyRevisions, type ClientFacts } from "../message.ts"
import { fromRaw, noMembers, toRaw, toRawObject, type RawJson } from "../raw-json.ts"

/** What a client that never introduced itself is taken for. */
export const unknownClient: ClientFacts = {
  era: "legacy",
  revision: "2025-03-26",
  capabilities: noMembers,
  info: undefined,
}

export type SealedClient = { readonly r: string; readonly c: unknown; readonly i: unknown }

export function sealClient({ revision, capabilities, info }: ClientFacts): SealedClient {
  return {
    r: revision,
    c: Object.fromEntries([...capabilities].map(([key, raw]) => [key, fromRaw(raw)])),
    i: info && shortInfo(info),
  }
}

/** A session id travels in a header: of an Implementation with icons in it only the names fit. */
const maxInfoBytes = 1_024

function shortInfo(info: RawJson): unknown {
  if (info.length <= maxInfoBytes) return fromRaw(info)
  const { name, version } = fromRaw(info) as { name?: unknown; version?: unknown }
  return { name: String(name).slice(0, 200), version: String(version).slice(0, 200) }
}

export function openClient({ r, c, i }: SealedClient): ClientFacts {
  const revision = legacyRevisions.find((known) => known === r) ?? unknownClient.revision
  const info: RawJson | undefined = i === undefined ? undefined : toRaw(i)
  return { era: "legacy", revision, capabilities: toRawObject(c as object), info }
}
