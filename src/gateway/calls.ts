/** Wires the steps of a call and the performing of operations to what was opened. */

import { randomUUID } from "node:crypto"
import { authorize } from "../call/authorize.ts"
import { createBridge } from "../call/bridge.ts"
import { call, type CallRequest, type Steps } from "../call/call.ts"
import { resolve } from "../call/resolve.ts"
import { route, type RouteOptions } from "../call/route.ts"
import { viewOf } from "../call/view.ts"
import type { ActivePrincipal, Caller } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { keyMaker } from "../identity/api-key.ts"
import { passwords } from "../identity/password.ts"
import { operations } from "../operations/index.ts"
import { perform, type Operation, type OperationContext, type Performed } from "../operations/operation.ts"
import { readArguments, toToolResult } from "../surfaces/management-tools.ts"
import type { Services } from "./services.ts"
import type { Stores } from "./stores.ts"

export type Calls = {
  readonly steps: Steps
  /** One call. For what is unknown right after the start it waits until the services were heard, or had their time. */
  readonly call: (request: CallRequest) => Promise<Answer>
  readonly perform: (
    operation: Operation,
    caller: Caller,
    input: unknown,
    signal: AbortSignal,
  ) => Promise<Performed>
  /** Resolves when no call is open, or when their time is over. */
  readonly drained: (graceMs: number) => Promise<void>
}

/** @param stopping aborts when no more calls are taken */
export function wireCalls(stores: Stores, services: Services, stopping: AbortSignal): Calls {
  const { authenticator, sealer } = stores
  const operationsByName = new Map(operations.map((operation) => [operation.name, operation]))
  const routing: RouteOptions = {
    fleet: services.fleet,
    bridge: createBridge(sealer, Date.now),
    perform: async ({ name }, principal, { request, exchange }) => {
      const operation = operationsByName.get(name)
      if (!operation) throw new GatewayError("internal", `No operation ${name}.`)
      const context = contextOf(stores, services, principal, exchange.signal)
      return toToolResult(await perform(operation, context, readArguments(request.params.get("arguments"))))
    },
  }
  const open = new OpenCalls(stopping)
  const authenticate = (caller: Caller): ActivePrincipal => authenticator.authenticate(caller)
  const steps: Steps = {
    authenticate,
    resolve: (principal, request) => resolve(services.known(), principal, request),
    authorize,
    route: (principal, target, request) => open.during(() => route(routing, principal, target, request)),
  }
  let settled = false
  void services.fleet.settled().then(() => (settled = true))
  const isUnknownYet = (request: CallRequest): boolean => {
    try {
      resolve(services.known(), authenticate(request.caller), request)
      return false
    } catch {
      return true
    }
  }
  return {
    steps,
    call: async (request) => {
      if (!settled && isUnknownYet(request)) await services.fleet.settled()
      return call(steps, request)
    },
    perform: (operation, caller, input, signal) =>
      open.during(() => perform(operation, contextOf(stores, services, authenticate(caller), signal), input)),
    drained: (graceMs) => open.drained(graceMs),
  }
}

function contextOf(
  stores: Stores,
  { files, fleet, known }: Services,
  actor: ActivePrincipal,
  signal: AbortSignal,
): OperationContext {
  return {
    actor,
    fleet,
    services: files,
    principals: stores.principals,
    keys: stores.keys,
    events: stores.events,
    keyMaker,
    passwords,
    callableTools: () => viewOf(known(), actor, undefined, "tools").entries,
    nowMs: Date.now(),
    newId: randomUUID,
    signal,
  }
}

/** Counts the calls that a stopping gateway must wait for, and lets it take no more. */
class OpenCalls {
  readonly #stopping: AbortSignal
  #open = 0
  #onIdle: (() => void) | undefined

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
  }

  /** @throws GatewayError `service_unavailable` once the gateway is stopping */
  async during<T>(run: () => Promise<T>): Promise<T> {
    if (this.#stopping.aborted) throw stoppingNow()
    this.#open += 1
    try {
      return await run()
    } finally {
      this.#open -= 1
      if (this.#open === 0) this.#onIdle?.()
    }
  }

  async drained(graceMs: number): Promise<void> {
    if (this.#open === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    const timer = setTimeout(resolve, graceMs)
    await promise
    clearTimeout(timer)
    // The last answer is still on its way to its client, whose session ends next.
    await new Promise(setImmediate)
  }
}

function stoppingNow(): GatewayError {
  return new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
    retryAfterMs: 1_000,
  })
}
