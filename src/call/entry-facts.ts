/** Who called what, in the words of the audit log: what the entries of one call have in common. */

import type { Catalog } from "../domain/catalog.ts"
import type { EntryDraft, TargetKind } from "../domain/audit/entry.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { Request } from "../mcp/message.ts"
import { fromRaw, readString, type RawJson } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"
import type { Target } from "./target.ts"

export type EntryFacts = Omit<EntryDraft, "kind" | "timeMs">

const maxTextLength = 256
const maxTargetLength = 2_048

export function factsOf(catalog: Catalog, { id, principal, target, request: { request } }: OpenCall): EntryFacts {
  return {
    callId: id,
    ...(principal && principalFacts(principal)),
    ...requestFacts(request),
    ...(target ? targetFacts(catalog, target) : askedFacts(request)),
  }
}

export function principalFacts({ principal, keyId }: ActivePrincipal): EntryFacts {
  const { id, name, team } = principal
  return {
    principalId: id,
    principal: name,
    ...(keyId !== undefined && { keyId }),
    ...(team !== undefined && { team }),
  }
}

export function requestFacts({ method, client, meta }: Request): EntryFacts {
  const name = client.info && clientName(client.info)
  const trace = meta.get("traceparent")
  const traceId = trace && traceIdOf(trace)
  return { method, ...(name !== undefined && { client: name }), ...(traceId !== undefined && { traceId }) }
}

const grantedAs: Readonly<Record<string, TargetKind>> = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  templates: "resource",
}

function targetFacts({ offers }: Catalog, target: Target): EntryFacts {
  if (target.kind === "operation") return { target: target.tool.name, targetKind: "operation" }
  const { service, canonicalName, kind } = target.entry
  const { tags = [] } = offers.get(service) ?? {}
  return {
    service,
    target: cut(canonicalName, maxTargetLength),
    targetKind: grantedAs[kind] ?? "resource",
    ...(tags.length > 0 && { tags }),
  }
}

/** What was asked for, where nothing was found under it. */
function askedFacts({ params }: Request): EntryFacts {
  const asked = readString(params.get("name")) ?? readString(params.get("uri"))
  return asked === undefined ? {} : { target: cut(asked, maxTextLength) }
}

/** By the bytes that a client sends with each of its requests. */
const clientNames = new Map<string, string>()
const maxClientNames = 1_000

function clientName(info: RawJson): string | undefined {
  const bytes = info.toString("latin1")
  const known = clientNames.get(bytes)
  if (known !== undefined) return known
  if (info[0] !== 0x7b) return undefined
  const { name, version } = fromRaw(info) as { readonly name?: unknown; readonly version?: unknown }
  if (typeof name !== "string") return undefined
  const text = cut(typeof version === "string" ? `${name}/${version}` : name, maxTextLength)
  if (clientNames.size >= maxClientNames) clientNames.clear()
  if (bytes.length <= maxTargetLength) clientNames.set(bytes, text)
  return text
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function traceIdOf(raw: RawJson): string | undefined {
  return /^"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(raw.toString("latin1"))?.[1]
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text
}
