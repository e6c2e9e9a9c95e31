/**
 * The authorize step: may this principal use this target, now, from there and with these arguments? The lists ask here
 * too, so that what is listed is exactly what can be called. What grants mean: domain/permission.ts; policies:
 * domain/policy/decide.ts.
 */

import { askOf, isGranted, mayReach, usedBy } from "../domain/policy/access.ts"
import type { Circumstances } from "../domain/policy/circumstances.ts"
import { decide, mayEver, type DecisionWithShadow } from "../domain/policy/decide.ts"
import type { PolicyThing } from "../domain/policy/item.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { ClientFacts } from "../mcp/message.ts"
import { readStrictJson, type StrictJson } from "../mcp/strict-json.ts"
import type { CallRequest, OpenCall } from "./call.ts"
import { clientName } from "./entry-facts.ts"
import type { Known } from "./resolve.ts"
import { unknownTarget, type Target } from "./target.ts"

/** Where a request comes from, as far as policies go by it; a call has all of it, and what nobody asks for nothing. */
export type From = {
  readonly source?: string | undefined
  readonly request?: { readonly client: ClientFacts }
}

type ServiceTarget = Exclude<Target, { kind: "operation" }>

/** What is asked here of a call, which is told what policies made of it. */
type Asking = Pick<OpenCall, "request" | "decision">

/**
 * @throws GatewayError `not_found`, in the words for what does not exist: who may not use it may not know it; `forbidden`
 *   where other arguments would be let through
 */
export function authorize(known: Known, principal: ActivePrincipal, target: Target, call: Asking): void {
  if (target.kind === "operation") {
    if (!principal.may.holds(target.tool.permission)) throw unknownTarget(target.asked)
  } else if (known.policies.isEmpty) {
    if (!isGranted(principal, target.entry)) throw unknownTarget(target.asked)
  } else authorizeByPolicy(known, principal, target, call)
}

/** Whether it may be used with some arguments, which is whether it is listed. */
export function mayUse(known: Known, principal: ActivePrincipal, from: From, entry: PolicyThing): boolean {
  if (known.policies.isEmpty) return isGranted(principal, entry)
  return mayReach(known, principal, entry, circumstancesOf(known, from))
}

function authorizeByPolicy(known: Known, principal: ActivePrincipal, target: ServiceTarget, call: Asking): void {
  const { request } = call
  const action = request.request.method === "completion/complete" ? "complete" : usedBy[target.entry.kind]
  const asked = askOf(known, principal, {
    entry: target.entry,
    action,
    circumstances: circumstancesOf(known, request),
  })
  // What a task was begun with was looked at then.
  if (target.kind === "task") {
    if (!mayEver(known.policies, asked)) throw unknownTarget(target.asked)
    return
  }
  const decision = decide(known.policies, asked, readerOf(target, request))
  call.decision = decision
  if (decision.allowed) return
  throw mayEver(known.policies, asked) ? forbidden(target, decision) : unknownTarget(target.asked)
}

export function circumstancesOf({ now }: Pick<Known, "now">, { source, request }: From): Circumstances {
  const info = request?.client.info
  return { nowMs: now(), source, client: info && clientName(info) }
}

const noArguments: StrictJson = new Map()

const withArguments: ReadonlySet<string> = new Set(["tools/call", "prompts/get"])

/** Reads them once, however many rules ask. What else a request calls so is not what its service goes by. */
function readerOf({ kind }: ServiceTarget, { request }: CallRequest): () => StrictJson | undefined {
  if (kind === "method") return () => undefined // no rule knows what it takes
  const raw = withArguments.has(request.method) ? request.params.get("arguments") : undefined
  if (!raw) return () => noArguments
  let read: { readonly value: StrictJson | undefined } | undefined
  return () => (read ??= { value: readStrictJson(raw) }).value
}

function forbidden({ asked, entry }: ServiceTarget, { rule }: DecisionWithShadow): GatewayError {
  const why = rule ? `The rule ${rule.name} denies` : "No rule allows"
  const text = `${why} ${asked.name.slice(0, 200)} with these arguments; others may be let through.`
  const detail = rule ? { rule: rule.name } : {}
  const next = { operation: "explain_access", arguments: { tool: entry.canonicalName } }
  return new GatewayError("forbidden", text, { detail, ...(entry.kind === "tools" && { next }) })
}

export function mayPerform(
  { managementTools }: Pick<Known, "managementTools">,
  { may }: ActivePrincipal,
  operation: string,
): boolean {
  const tool = managementTools.get(operation)
  return tool !== undefined && may.holds(tool.permission)
}
