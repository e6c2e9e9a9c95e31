/** Who called what, in the words of the audit log: what the entries of one call have in common. */

import { hash } from "node:crypto"
import type { Catalog } from "../domain/catalog.ts"
import type { EntryDraft, TargetKind } from "../domain/audit/entry.ts"
import { redact } from "../domain/audit/redaction/redact.ts"
import type { DecisionWithShadow } from "../domain/policy/decide.ts"
import type { ActivePrincipal, Caller } from "../domain/principal.ts"
import type { Request } from "../mcp/message.ts"
import { fromRaw, readString, type RawJson } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"
import type { Target } from "./target.ts"

export type EntryFacts = Omit<EntryDraft, "kind" | "timeMs">

const maxTextLength = 256
const maxTargetLength = 2_048

export function factsOf(
  catalog: Catalog,
  { id, principal, target, request, traceId, decision }: OpenCall,
): EntryFacts {
  const asked = request.request
  const facts: Writable = { callId: id, method: asked.method, traceId }
  addCaller(facts, request.caller, principal)
  addClient(facts, asked)
  if (target) addTarget(facts, catalog, target)
  else addAsked(facts, asked)
  if (target?.kind === "operation") addOperands(facts, asked.params.get("arguments"))
  if (decision) addDecision(facts, decision)
  return facts
}

/** Of whom the credential was, also where it is no longer good. */
export function callerFacts(caller: Caller, principal: ActivePrincipal | undefined): EntryFacts {
  const facts: Writable = {}
  addCaller(facts, caller, principal)
  return facts
}

export function requestFacts(request: Request): EntryFacts {
  const trace = request.meta.get("traceparent")
  const traceId = trace && traceIdOf(trace)
  const facts: Writable = { method: request.method, ...(traceId !== undefined && { traceId }) }
  addClient(facts, request)
  return facts
}

/** Of a policy; what grants decided by themselves needs no word. */
function addDecision(facts: Writable, { rule, shadow }: DecisionWithShadow): void {
  if (rule) facts.rule = rule.name
  if (!shadow) return
  const name = shadow.rule?.name.slice("policy:".length) ?? "no rule"
  facts.detail = { ...facts.detail, shadow: `${shadow.allowed ? "allow" : "deny"} ${name}` }
}

/** Facts are gathered in one object and not in many that are joined: it happens with every call. */
type Writable = { -readonly [Member in keyof EntryFacts]: EntryFacts[Member] }

function addCaller(facts: Writable, caller: Caller, active: ActivePrincipal | undefined): void {
  const { keyId } = active ?? caller
  facts.principalId = active?.principal.id ?? caller.principalId
  if (keyId !== undefined) facts.keyId = keyId
  if (!active) return
  const { name, team } = active.principal
  facts.principal = name
  if (team !== undefined) facts.team = team
}

function addClient(facts: Writable, { client }: Request): void {
  const name = client.info && clientName(client.info)
  if (name !== undefined) facts.client = name
}

/** What an operation was done to, by the members that name things: never what may be secret. */
const naming = new Set(
  "name principal id subject target limit window unit enabled service tool call_id kind team format dry_run digest".split(
    " ",
  ),
)
const maxOperandBytes = 65_536

function addOperands(facts: Writable, raw: RawJson | undefined): void {
  if (raw?.[0] !== 0x7b || raw.length > maxOperandBytes) return
  const operands = Object.entries(fromRaw(raw) as Readonly<Record<string, unknown>>)
    .filter(([member]) => naming.has(member))
    .map(([member, value]) => [member, operandOf(value)] as const)
    .filter(([, value]) => value !== undefined)
  if (operands.length > 0) facts.detail = Object.fromEntries(operands) as NonNullable<EntryFacts["detail"]>
}

const grantedAs: Readonly<Record<string, TargetKind>> = {
  tools: "tool",
  prompts: "prompt",
  resources: "resource",
  templates: "resource",
}

function addTarget(facts: Writable, { offers }: Catalog, target: Target): void {
  facts.target = target.kind === "operation" ? target.tool.name : recordedName(target.entry)
  facts.targetKind = target.kind === "operation" ? "operation" : (grantedAs[target.entry.kind] ?? "resource")
  if (target.kind === "operation") return
  facts.service = target.entry.service
  const tags = offers.get(target.entry.service)?.tags
  if (tags && tags.length > 0) facts.tags = tags
}

/** The names of resources hold what clients wrote. */
function recordedName({ kind, canonicalName }: Exclude<Target, { kind: "operation" }>["entry"]): string {
  return kind === "resources" ? recordedText(canonicalName) : canonicalName
}

/** What was asked for, where nothing was found under it. */
function addAsked(facts: Writable, { params }: Request): void {
  const asked = readString(params.get("name")) ?? readString(params.get("uri"))
  if (asked !== undefined) facts.target = recordedText(asked)
}

function operandOf(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return recordedText(cut(value, maxTextLength))
  return typeof value === "number" || typeof value === "boolean" ? value : undefined
}

/** By the bytes that a client sends with each of its requests. */
const clientNames = new Map<string, string>()
const maxClientNames = 1_000

/** `name/version`, as the client names itself, the record has it and policies go by it. */
export function clientName(info: RawJson): string | undefined {
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
