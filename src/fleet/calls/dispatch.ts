/**
 * One call on its way to a service: an endpoint that can be reached, a place there, the right connection, the answer in
 * time. What may have had an effect is not sent twice unless the tool says that this does no harm.
 */

import { GatewayError } from "../../errors.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import type { Place, SendOptions } from "../../domain/fleet.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { Answer, Era, Exchange, Request } from "../../mcp/message.ts"
import type { RawJson } from "../../mcp/raw-json.ts"
import { orderCandidates } from "./balance.ts"
import { CallPlace, isAt } from "./call-place.ts"
import type { DeadlineWheel } from "../../mcp/deadline-wheel.ts"
import { Deadlines, type CallLimits } from "./deadlines.ts"
import { Fit } from "./fit.ts"
import type { Endpoint } from "../links/endpoint.ts"
import { linkKeyFor, type Caller } from "../links/link-key.ts"
import { Reached } from "./reached.ts"
import { Turn, type Whose } from "./turn.ts"

export type DispatchOptions = {
  readonly definition: ServiceDefinition
  readonly endpoints: readonly Endpoint[]
  /** The era last seen; undefined before the first handshake. */
  readonly era: () => Era | undefined
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
  readonly wheel: DeadlineWheel
}

type PlacedCaller = Caller & Whose & { readonly exchange: Deadlines; readonly options: SendOptions }

export class Dispatch {
  readonly #options: DispatchOptions
  readonly #fit: Fit
  readonly #limits: CallLimits
  readonly #quietLimits: CallLimits
  #calls = 0

  constructor(options: DispatchOptions) {
    const { timeoutMs, maxTimeMs } = options.definition
    this.#options = options
    this.#fit = new Fit(options.clientInfo)
    this.#limits = { idleMs: timeoutMs, hardMs: maxTimeMs }
    this.#quietLimits = { idleMs: Number.POSITIVE_INFINITY, hardMs: maxTimeMs }
  }

  /** @throws GatewayError */
  async send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    const limits = options.quiet ? this.#quietLimits : this.#limits
    const deadlines = new Deadlines(exchange, limits, this.#options.wheel)
    try {
      return await this.#send({ request, exchange: deadlines, principalId: options.principalId, options })
    } finally {
      deadlines.done()
    }
  }

  /** The connection of an earlier call, while it is there. */
  linkAt(place: Place | undefined): Link | undefined {
    const found = this.#options.endpoints.find((endpoint) => isAt(place, endpoint))
    return found && isAt(place, found) ? found.slotFor(place.key).link : undefined
  }

  async #send(caller: PlacedCaller): Promise<Answer> {
    const { request, exchange, options } = caller
    const { cancellation } = exchange
    const left = this.#order(options)
    let retries = 1
    let failure: GatewayError | undefined
    for (let endpoint = left.shift(); endpoint; endpoint = left.shift()) {
      const reached = this.#reachNow(endpoint, caller) ?? (await this.#reach(endpoint, caller))
      if (cancellation.aborted) throw leaveAndTell(reached, exchange)
      if (reached instanceof GatewayError) {
        // That it was sent before is what its caller must know.
        failure = failure?.detail["sent"] === true ? failure : reached
        continue
      }
      try {
        const fitting = this.#fit.request(request, exchange, reached.link.facts.era)
        const answer = await reached.send(fitting, exchange)
        endpoint.succeeded(exchange)
        return answer
      } catch (thrown) {
        failure = reached.failed(thrown, exchange)
        const isLast = cancellation.aborted || exchange.hasPassed || retries-- === 0
        if (isLast || !mayRepeat(failure, options.repeatable)) throw failure
      } finally {
        reached.leave(exchange)
      }
      // One that says when to come again is not asked before.
      if (failure.retryAfterMs === undefined) left.push(endpoint)
      // The loss of a connection may be told to its holder a moment after its calls.
      await new Promise(setImmediate)
    }
    throw failure ?? withoutEndpoint()
  }

  #order({ principalId, place }: SendOptions): Endpoint[] {
    const { definition, endpoints } = this.#options
    const balance = definition.type === "stdio" ? "round_robin" : definition.balance
    const ordered = orderCandidates(endpoints, balance, { number: this.#calls++, principalId })
    return place ? ordered.toSorted((a, b) => Number(isAt(place, b)) - Number(isAt(place, a))) : ordered
  }

  /** Most calls: the connection that all share stands, and there is room. */
  #reachNow(endpoint: Endpoint, caller: PlacedCaller): Reached | GatewayError | undefined {
    const { shared, turnstile, breaker } = endpoint
    if (!breaker.lets(caller.exchange)) return breaker.refusal()
    const { link } = shared
    const isShared = link && !caller.options.place
    if (!isShared || linkKeyFor(this.#options.definition, link.facts.era, caller)) return undefined
    const turn = Turn.tryEnter(turnstile, caller)
    if (!turn) return undefined
    caller.options.onPlace?.(new CallPlace(endpoint, undefined))
    shared.inUse++
    return new Reached(endpoint, shared, link, turn)
  }

  /** @returns the error where it could not be */
  async #reach(endpoint: Endpoint, caller: PlacedCaller): Promise<Reached | GatewayError> {
    const { exchange, options } = caller
    const { signal } = exchange
    let turn: Turn | undefined
    try {
      turn = await Turn.enter(endpoint.turnstile, caller)
      // It may have opened meanwhile.
      if (!endpoint.breaker.lets(exchange)) throw endpoint.breaker.refusal()
      const era = this.#options.era() ?? (await endpoint.shared.get(signal)).facts.era
      const { place } = options
      const key = isAt(place, endpoint) ? place.key : linkKeyFor(this.#options.definition, era, caller)
      const slot = endpoint.slotFor(key)
      options.onPlace?.(new CallPlace(endpoint, key))
      const link = await slot.use(signal)
      exchange.touch()
      return new Reached(endpoint, slot, link, turn)
    } catch (thrown) {
      turn?.leave()
      endpoint.breaker.left(exchange)
      return GatewayError.from(thrown)
    }
  }
}

function leaveAndTell(reached: Reached | GatewayError, exchange: Deadlines): unknown {
  if (reached instanceof Reached) reached.leave(exchange)
  return exchange.cancellation.reason
}

function withoutEndpoint(): GatewayError {
  return new GatewayError("service_unavailable", "The service has no endpoint.", { detail: { sent: false } })
}

function mayRepeat({ code, detail }: GatewayError, repeatable: boolean): boolean {
  if (code !== "service_unavailable") return false
  // A refusal by HTTP would only come again, unless it was of a session that is now begun anew.
  if (Number(detail["status"]) < 500 && detail["session"] !== "lost") return false
  return repeatable || detail["sent"] === false
}
