/** How operations are performed: with what they work on, and the human behind the caller's client where that can be asked. */

import { randomUUID } from "node:crypto"
import { circumstancesOf, mayPerform, type From } from "../call/authorize.ts"
import type { Bridge } from "../call/bridge.ts"
import type { OpenCall } from "../call/call.ts"
import type { Known } from "../call/resolve.ts"
import type { RouteOptions } from "../call/route.ts"
import { viewOf } from "../call/view.ts"
import type { Config } from "../config.ts"
import type { History } from "../domain/changes/history.ts"
import type { Machine } from "../domain/services/machine.ts"
import type { Overload } from "../domain/overload.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { Taints } from "../domain/plans/taint.ts"
import type { ManagementResource } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import { countTokens } from "../fleet/admission/count-tokens.ts"
import { keyMaker } from "../identity/api-key.ts"
import { passwords } from "../identity/password.ts"
import type { Answer, Exchange, Request } from "../mcp/message.ts"
import { operations } from "../operations/index.ts"
import type { Operation, OperationContext } from "../operations/operation.ts"
import { perform, type Performed } from "../operations/perform.ts"
import { toCompletion, toReadResult } from "../surfaces/management-resources.ts"
import { readArguments, toToolResult } from "../surfaces/management-tools.ts"
import type { Audit } from "./audit.ts"
import { confirmingOf, pageOf, waysOf } from "./confirming.ts"
import type { OwnIssues } from "./own-issues.ts"
import { serviceNames, type Services } from "./services.ts"
import type { Stores } from "./stores.ts"
import { taintOf } from "./taints.ts"

export type PerformingOptions = {
  readonly config: Config
  readonly stores: Stores
  readonly machine: Machine
  readonly services: Services
  readonly audit: Audit
  readonly history: History
  readonly taints: Taints
  readonly overload: Overload
  readonly issues: OwnIssues
  /** Where people reach the gateway; undefined where they cannot, or before it listens. */
  readonly publicUrl: () => string | undefined
}

const operationsByName = new Map(operations.map((operation) => [operation.name, operation]))

/** @throws GatewayError `internal` */
function operationNamed(name: string): Operation {
  const operation = operationsByName.get(name)
  if (operation) return operation
  throw new GatewayError("internal", `No operation ${name}.`)
}

export function performing(options: PerformingOptions, bridge: Bridge): RouteOptions["perform"] {
  return async ({ tool, resource }, principal, open) => {
    const { request, exchange } = open.request
    const { signal } = exchange
    if (resource && request.method === "completion/complete")
      return toCompletion(resource, request.params, serviceNames(options.services))
    if (resource)
      return toReadResult(
        resource.uri,
        await readOwn(options, resource, { principal, signal, from: open.request }),
      )
    const operation = operationNamed(tool.name)
    if ("draft" in operation && waysOf(request.client, options.publicUrl()).size > 0)
      return performAsking(options, bridge, { operation, principal, open })
    const input = readArguments(request.params.get("arguments"))
    return toToolResult(
      await perform(operation, contextOf(options, { principal, signal, from: open.request }), input),
    )
  }
}

type Performing = { readonly principal: ActivePrincipal; readonly signal: AbortSignal; readonly from: From }

export function readOwn(
  options: PerformingOptions,
  { tool, service: name }: ManagementResource,
  by: Performing,
): Promise<Performed> {
  const operation = operationNamed(tool.name)
  const input = name === undefined ? (operation.resource?.input?.(by.principal) ?? {}) : { name }
  return perform(operation, contextOf(options, by), input)
}

type Asking = { readonly operation: Operation; readonly principal: ActivePrincipal; readonly open: OpenCall }

/** Which plan the human at the client has confirmed, for the call that brought the answer. */
const confirmedPlans = new WeakMap<Answer, string>()
/** In the place of a service's name; none can be called so. */
const ourselves = "gateway:"

/** Through the bridge, as if a service asked its client. */
async function performAsking(options: PerformingOptions, bridge: Bridge, asking: Asking): Promise<Answer> {
  const { principal, open } = asking
  const { caller, mount, request, exchange } = open.request
  const { method, params } = request
  const answer = await bridge.send({
    caller,
    request,
    exchange,
    binding: { principalId: principal.principal.id, service: ourselves, mount, method, params },
    send: (asked, live) => performOnce(options, asking, { request: asked, exchange: live }),
  })
  const plan = confirmedPlans.get(answer)
  if (plan !== undefined) open.confirmedPlan = plan
  return answer
}

type Live = { readonly request: Request; readonly exchange: Exchange }

async function performOnce(
  options: PerformingOptions,
  { operation, principal, open }: Asking,
  live: Live,
): Promise<Answer> {
  let plan: string | undefined
  const contextFor = (actor: ActivePrincipal): OperationContext => {
    const confirming = confirmingOf({
      ...live,
      publicUrl: options.publicUrl(),
      again: () => contextFor(options.stores.authenticator.authenticate(open.request.caller)),
      waitMs: options.config.limits.callIdleMs,
      onConfirmed: ({ id }) => (plan = id),
    })
    const { signal } = live.exchange
    const context = contextOf(options, { principal: actor, signal, from: open.request })
    return { ...context, ...(confirming && { confirming }) }
  }
  const input = readArguments(live.request.params.get("arguments"))
  const answer = toToolResult(await perform(operation, contextFor(principal), input))
  if (plan !== undefined) confirmedPlans.set(answer, plan)
  return answer
}

function contextOf(
  { config, machine, stores, services, audit, history, taints, overload, issues, publicUrl }: PerformingOptions,
  { principal: actor, signal, from }: Performing,
): OperationContext {
  const { principals, keys, events, quotas, policies, counters, plans, sealer } = stores
  const { files, fleet, known } = services
  return {
    actor,
    machine,
    fleet,
    services: files,
    principals,
    keys,
    events,
    quotas,
    policies,
    access: accessOf(known(), from),
    counters,
    plans,
    sealer,
    governance: config.governance,
    taint: () => taintOf(taints, config.governance, actor.principal),
    history,
    pageOf: (id) => pageOf(publicUrl(), id),
    keyMaker,
    passwords,
    audit: audit.log,
    usage: audit.usage,
    overload,
    ownIssues: () => issues.list(),
    countTokens,
    mayPerform: (operation) => mayPerform(known(), actor, operation),
    callableTools: () => viewOf(known(), actor, { mount: undefined, kind: "tools", from }).entries,
    nowMs: Date.now(),
    newId: randomUUID,
    signal,
  }
}

function accessOf(known: Known, from: From): OperationContext["access"] {
  const { policies, catalog, managementTools } = known
  const circumstances = circumstancesOf(known, from)
  return { policies, catalog, circumstances, permissionOf: (name) => managementTools.get(name)?.permission }
}
