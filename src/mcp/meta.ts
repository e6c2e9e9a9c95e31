/**
 * The `_meta` keys that describe one hop: read where a message enters, written anew where it leaves, never passed on.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

import { logLevels, type LogLevel } from "./message.ts"
import { ObjectView } from "./json/object-view.ts"
import { readMembers } from "./outline.ts"
import { noMembers, readString, withMembers, writeObject, type RawJson, type RawObject } from "./raw-json.ts"

export const hop = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  progressToken: "progressToken",
} as const

export const hopKeys: ReadonlySet<string> = new Set<string>(Object.values(hop))

export function metaOf(members: RawObject): RawObject {
  const noted = members instanceof ObjectView ? members.inside("_meta") : undefined
  if (noted) return noted
  const raw = members.get("_meta")
  return raw ? readMembers(raw) : noMembers
}

/** What of a `_meta` concerns more than this hop. */
export function withoutHopKeys(meta: RawObject): RawObject {
  for (const key of meta.keys())
    if (!hopKeys.has(key)) return new Map([...meta].filter(([key]) => !hopKeys.has(key)))
  return noMembers
}

export function withoutMeta(members: RawObject): RawObject {
  if (!members.has("_meta")) return members
  return members instanceof ObjectView ? members.toMap("_meta") : withMembers(members, { _meta: undefined })
}

/** `members` with this `_meta`, or with none where it is empty. */
export function withMeta(members: RawObject, meta: RawObject): RawObject {
  return withMembers(members, { _meta: meta.size === 0 ? undefined : writeObject(meta) })
}

export function readLogLevel(raw: RawJson | undefined): LogLevel | undefined {
  const level = readString(raw)
  return level === undefined ? undefined : logLevels.find((known) => known === level)
}
