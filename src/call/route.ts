/**
 * The route step: the request goes to its service under the service's own names, and what comes back is not changed.
 * Operations on the gateway itself are performed instead.
 */

import type { Offered } from "../domain/catalog.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { RelayTerms } from "../domain/services/service.ts"
import { withAsk } from "../mcp/exchange.ts"
import type { Answer, Exchange, Request } from "../mcp/message.ts"
import { fromRaw, toRaw, withMembers, writeObject, type RawJson, type RawObject } from "../mcp/raw-json.ts"
import type { Bridge } from "./bridge.ts"
import { withOwnScope } from "./caching.ts"
import type { OpenCall } from "./call.ts"
import { digestingLarge, type DigestFor } from "./large-result.ts"
import type { Target } from "./target.ts"
import type { AbandonTask } from "./tasks/abandon-task.ts"
import type { SendCall } from "./tasks/sent.ts"
import { Waiting } from "./waiting.ts"

type OperationTarget = Extract<Target, { kind: "operation" }>

export type RouteOptions = {
  /** In ms, on a clock that never jumps. */
  readonly clock: () => number
  /** Sends to a service: tasks/task-calls.ts. */
  readonly send: SendCall
  readonly abandon: AbandonTask
  /** What the file of a service says of its traffic. */
  readonly terms: (service: string) => RelayTerms | undefined
  readonly bridge: Bridge
  /** For results that pass in parts. */
  readonly digestFor: DigestFor
  perform(target: OperationTarget, principal: ActivePrincipal, open: OpenCall): Promise<Answer>
}

export async function route(
  options: RouteOptions,
  principal: ActivePrincipal,
  target: Target,
  open: OpenCall,
): Promise<Answer> {
  const call = open.request
  if (target.kind === "operation") return options.perform(target, principal, open)
  const { service } = target.entry
  const binding = {
    principalId: principal.principal.id,
    service,
    mount: call.mount,
    method: call.request.method,
    params: call.request.params,
  }
  const sending = { principalId: binding.principalId, repeatable: isRepeatable(target, call.request), target }
  const { exchange, askedMs } = counting(open, options.clock)
  const sentMs = options.clock()
  try {
    const answer = await options.bridge.send({
      caller: call.caller,
      request: withOwnNames(call.request, target),
      exchange: digestingLarge(open, exchange, options.digestFor),
      binding,
      send: (request, exchange) => options.send(service, request, exchange, sending),
      abandon: (asking) => options.abandon(call.request, asking),
    })
    return call.request.method === "resources/read" ? withOwnScope(answer, options.terms(service)) : answer
  } finally {
    open.computeMs = options.clock() - sentMs - askedMs()
  }
}

const never = (): number => 0

type Counting = {
  readonly exchange: Exchange
  /** How long the service has waited for answers, which is no work of its own. */
  readonly askedMs: () => number
}

/** The caller's exchange; what it answers to questions of the service is counted. */
function counting(open: OpenCall, clock: () => number): Counting {
  const { exchange } = open.request
  const { ask } = exchange
  if (!ask) return { exchange, askedMs: never }
  const waiting = new Waiting(clock)
  const counted = withAsk(exchange, async (question, signal) => {
    open.questions = (open.questions ?? 0) + 1
    const answer = await waiting.during(ask(question, signal))
    const bytes = answer.result ? writeObject(answer.result).length : 0
    open.answeredBytes = (open.answeredBytes ?? 0) + bytes
    return answer
  })
  return { exchange: counted, askedMs: () => waiting.totalMs }
}

function isRepeatable(target: Target, { method }: Request): boolean {
  if (target.kind === "method") return false
  if (method !== "tools/call") return true
  return target.kind === "item" && target.entry.item.repeatable === true
}

function withOwnNames(request: Request, target: Exclude<Target, { kind: "operation" }>): Request {
  // The names of tasks depend on the answer too, and a service's own method has none that we know of.
  if (target.kind === "task" || target.kind === "method") return request
  const own = target.kind === "resource" ? target.entry.uri : target.entry.item.name
  if (own === target.asked.name) return request
  const isNamed = target.kind === "item" && request.method !== "completion/complete"
  if (isNamed) return { ...request, params: new Map(request.params).set("name", rawNameOf(target.entry.item)) }
  return { ...request, params: renamed(request, own) }
}

const rawNames = new WeakMap<Offered, RawJson>()

/** Written once for each item, and not for each call of it. */
function rawNameOf(item: Offered): RawJson {
  const known = rawNames.get(item)
  if (known) return known
  const raw = toRaw(item.name)
  rawNames.set(item, raw)
  return raw
}

function renamed({ method, params }: Request, own: string): RawObject {
  if (method === "resources/read") return withMembers(params, { uri: toRaw(own) })
  const reference = params.get("ref")
  const { type } = (reference ? fromRaw(reference) : {}) as { type?: string }
  return withMembers(params, { ref: toRaw(type === "ref/prompt" ? { type, name: own } : { type, uri: own }) })
}
