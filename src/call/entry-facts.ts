/** Who called what, in the words of the audit log: what the entries of one call have in common. */

import { hash } from "node:crypto"
import type { Catalog } from "../domain/catalog.ts"
import type { EntryDraft, TargetKind } from "../domain/audit/entry.ts"
import { redact } from "../domain/audit/redaction/redact.ts"
import type { ActivePrincipal, Caller } from "../domain/principal.ts"
import type { Request } from "../mcp/message.ts"
import { fromRaw, readString, type RawJson } from "../mcp/raw-json.ts"
import type { CallRequest, OpenCall } from "./call.ts"
import type { Target } from "./target.ts"

export type EntryFacts = Omit<EntryDraft, "kind" | "timeMs">

const maxTextLength = 256
const maxTargetLength = 2_048

export function factsOf(catalog: Catalog, { id, principal, target, request }: OpenCall): EntryFacts {
  return { callId: id, ...callerFacts(request.caller, principal), ...askedFor(catalog, request, target) }
}

/** Of whom the credential was, also where it is no longer good. */
export function callerFacts({ principalId, keyId }: Caller, principal: ActivePrincipal | undefined): EntryFacts {
  return principal ? principalFacts(principal) : { principalId, ...(keyId !== undefined && { keyId }) }
}

function askedFor(catalog: Catalog, { request }: CallRequest, target: Target | undefined): EntryFacts {
  return {
    ...requestFacts(request),
    ...(target ? targetFacts(catalog, target) : askedFacts(request)),
    ...(target?.kind === "operation" && operandFacts(request.params.get("arguments"))),
  }
}

/** What an operation was done to, by the members that name things: never what may be secret. */
const naming = new Set(
  "name principal id subject target limit window unit enabled service tool call_id kind team format".split(" "),
)
const maxOperandBytes = 65_536

function operandFacts(raw: RawJson | undefined): Pick<EntryFacts, "detail"> {
  if (raw?.[0] !== 0x7b || raw.length > maxOperandBytes) return {}
  const operands = Object.entries(fromRaw(raw) as Readonly<Record<string, unknown>>)
    .filter(([member]) => naming.has(member))
    .map(([member, value]) => [member, operandOf(value)] as const)
    .filter(([, value]) => value !== undefined)
  return operands.length === 0 ? {} : { detail: Object.fromEntries(operands) as NonNullable<EntryFacts["detail"]> }
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
    target: kind === "resources" ? recordedText(canonicalName) : canonicalName,
    targetKind: grantedAs[kind] ?? "resource",
    ...(tags.length > 0 && { tags }),
  }
}

/** What was asked for, where nothing was found under it. */
function askedFacts({ params }: Request): EntryFacts {
  const asked = readString(params.get("name")) ?? readString(params.get("uri"))
  return asked === undefined ? {} : { target: recordedText(asked) }
}

function operandOf(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return recordedText(cut(value, maxTextLength))
  return typeof value === "number" || typeof value === "boolean" ? value : undefined
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
  const text = recordedText(cut(typeof version === "string" ? `${name}/${version}` : name, maxTextLength))
  if (clientNames.size >= maxClientNames) clientNames.clear()
  if (bytes.length <= maxTargetLength) clientNames.set(bytes, text)
  return text
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function traceIdOf(raw: RawJson): string | undefined {
  return /^"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(raw.toString("latin1"))?.[1]
}

/** What a client names may hold secrets, as URIs do, and may be of any length. */
export function recordedText(text: string): string {
  if (text.length > maxTargetLength) {
    const rest = hash("sha256", text, "base64url")
    return recordedText(`${text.slice(0, maxTargetLength - rest.length - 16)}...sha256:${rest}`)
  }
  return JSON.parse(redact(JSON.stringify(text), { maxBytes: Number.MAX_SAFE_INTEGER, keys: [] })) as string
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text
}
