/** Wires calls, and the performing of operations, which is a call like any other. */

import { hash, randomUUID } from "node:crypto"
import { call, type CallRequest } from "../call/call.ts"
import { mayPerform } from "../call/authorize.ts"
import type { Limiter } from "../call/limit.ts"
import type { LookAt } from "../call/own-watches.ts"
import type { Folding } from "../call/folding.ts"
import { resolve } from "../call/resolve.ts"
import type { RouteOptions } from "../call/route.ts"
import type { TaskCallsOptions } from "../call/tasks/sent.ts"
import { viewOf } from "../call/view.ts"
import type { Config } from "../config.ts"
import type { History } from "../domain/history.ts"
import type { Machine } from "../domain/machine.ts"
import type { Overload } from "../domain/overload.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { Taints } from "../domain/taint.ts"
import type { ManagementResource } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import { failpoint } from "../failpoint.ts"
import { countTokens } from "../fleet/admission/count-tokens.ts"
import type { Answer } from "../mcp/message.ts"
import { keyMaker } from "../identity/api-key.ts"
import { passwords } from "../identity/password.ts"
import { operations } from "../operations/index.ts"
import type { Operation, OperationContext } from "../operations/operation.ts"
import { perform, type Performed } from "../operations/perform.ts"
import { toCompletion, toReadResult } from "../surfaces/management-resources.ts"
import { readArguments, toToolResult } from "../surfaces/management-tools.ts"
import type { Audit } from "./audit.ts"
import type { Closers } from "./closers.ts"
import { OpenCalls } from "./open-calls.ts"
import { wireSending } from "./sending.ts"
import { serviceNames, type Services } from "./services.ts"
import { wireSteps, type WiredSteps } from "./steps.ts"
import type { Stores } from "./stores.ts"
import { taintOf } from "./taints.ts"
import { wireTasks } from "./tasks.ts"

export type Calls = {
  readonly steps: WiredSteps["steps"]
  readonly folding: Folding
  readonly tasks: TaskCallsOptions
  /** One call. For what is unknown right after the start it waits until the services were heard, or had their time. */
  readonly call: (request: CallRequest) => Promise<Answer>
  readonly lookAt: LookAt
  /** Resolves when no call is open, or when their time is over. */
  readonly drained: (graceMs: number) => Promise<void>
}

export type CallsOptions = {
  readonly config: Config
  readonly stores: Stores
  readonly machine: Machine
  readonly services: Services
  readonly audit: Audit
  readonly history: History
  readonly limiter: Limiter
  readonly taints: Taints
  readonly overload: Overload
  /** Aborts when no more calls are taken. */
  readonly stopping: AbortSignal
}

export function wireCalls(options: CallsOptions, closers: Closers): Calls {
  const { config, stores, services, audit, limiter, stopping } = options
  const { recorder } = audit
  const startId = audit.log.head().stream
  const tasks = wireTasks(stores, services)
  const routing = routingOf(options, tasks)
  const { steps, folding } = wireSteps(
    { audit: config.audit, limits: config.limits, stores, services, recorder, limiter, routing, startId },
    closers,
  )
  const open = new OpenCalls(stopping)
  let settled = false
  void services.fleet.settled().then(() => (settled = true))
  const isUnknownYet = (request: CallRequest): boolean => {
    try {
      resolve(services.known(), steps.authenticate(request.caller), request)
      return false
    } catch {
      return true
    }
  }
  return {
    steps,
    folding,
    tasks,
    call: async (request) => {
      open.enter()
      try {
        if (!settled && isUnknownYet(request)) await services.fleet.settled()
        const answer = await call(steps, request)
        failpoint("call.answer.before")
        return answer
      } finally {
        open.leave()
      }
    },
    lookAt: async (resource, principal) => {
      const { output } = await read(options, resource, { principal, signal: new AbortController().signal })
      return hash("sha256", JSON.stringify(output), "base64url")
    },
    drained: (graceMs) => open.drained(graceMs),
  }
}

const operationsByName = new Map(operations.map((operation) => [operation.name, operation]))

/** @throws GatewayError `internal` */
function operationNamed(name: string): Operation {
  const operation = operationsByName.get(name)
  if (operation) return operation
  throw new GatewayError("internal", `No operation ${name}.`)
}

function routingOf(options: CallsOptions, tasks: TaskCallsOptions): Omit<RouteOptions, "clock" | "digestFor"> {
  return {
    ...wireSending(options, tasks),
    perform: async ({ tool: { name }, resource }, principal, { request, exchange }) => {
      const { signal } = exchange
      if (resource && request.method === "completion/complete")
        return toCompletion(resource, request.params, serviceNames(options.services))
      if (resource) return toReadResult(resource.uri, await read(options, resource, { principal, signal }))
      const input = readArguments(request.params.get("arguments"))
      return toToolResult(await perform(operationNamed(name), contextOf(options, principal, signal), input))
    },
  }
}

type Reading = { readonly principal: ActivePrincipal; readonly signal: AbortSignal }

function read(
  options: CallsOptions,
  { tool, service: name }: ManagementResource,
  { principal, signal }: Reading,
): Promise<Performed> {
  const operation = operationNamed(tool.name)
  const input = name === undefined ? (operation.resource?.input?.(principal) ?? {}) : { name }
  return perform(operation, contextOf(options, principal, signal), input)
}

function contextOf(
  { config, machine, stores, services: { files, fleet, known }, audit, history, taints, overload }: CallsOptions,
  actor: ActivePrincipal,
  signal: AbortSignal,
): OperationContext {
  const { principals, keys, events, quotas, counters, plans, sealer } = stores
  return {
    actor,
    machine,
    fleet,
    services: files,
    principals,
    keys,
    events,
    quotas,
    counters,
    plans,
    sealer,
    governance: config.governance,
    taint: () => taintOf(taints, config.governance, actor.principal),
    history,
    keyMaker,
    passwords,
    audit: audit.log,
    usage: audit.usage,
    overload,
    countTokens,
    mayPerform: (operation) => mayPerform(known(), actor, operation),
    callableTools: () => viewOf(known(), actor, { mount: undefined, kind: "tools" }).entries,
    nowMs: Date.now(),
    newId: randomUUID,
    signal,
  }
}
