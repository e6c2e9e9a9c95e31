/**
 * One call on its way to a service: an endpoint that can be reached, a place there, the right connection, the answer in
 * time. What may have had an effect is not sent twice unless the tool says that this does no harm.
 */

import { GatewayError } from "../../errors.ts"
import type { ServiceDefinition } from "../../domain/service.ts"
import type { Place, SendOptions } from "../../domain/fleet.ts"
import type { Link } from "../../mcp/client/link.ts"
import { askableOf, askingMethods, withoutAskable } from "../../mcp/asking.ts"
import { invalidState, retryMembers } from "../../mcp/input-requests.ts"
import { modernRevisions, type Answer, type Era, type Exchange, type Request } from "../../mcp/message.ts"
import { withMembers, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import { wantsNewLink } from "../../mcp/client/service-answer.ts"
import { orderCandidates } from "./balance.ts"
import { Deadlines } from "./deadlines.ts"
import type { Endpoint } from "../links/endpoint.ts"
import { linkKeyFor, type Caller, type LinkKey } from "../links/link-key.ts"
import type { LinkSlot } from "../links/link-slot.ts"
import { Turn } from "./turn.ts"

export type DispatchOptions = {
  readonly definition: ServiceDefinition
  readonly endpoints: readonly Endpoint[]
  /** The era last seen; undefined before the first handshake. */
  readonly era: () => Era | undefined
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
}

type PlacedCaller = Caller & Pick<SendOptions, "place" | "onPlace">
type Reached = { readonly slot: LinkSlot; readonly link: Link; readonly turn: Turn }

export class Dispatch {
  readonly #options: DispatchOptions
  #calls = 0

  constructor(options: DispatchOptions) {
    this.#options = options
  }

  /** @throws GatewayError */
  async send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    const { timeoutMs, maxTimeMs } = this.#options.definition
    const deadlines = new Deadlines(exchange, { idleMs: options.quiet ? maxTimeMs : timeoutMs, hardMs: maxTimeMs })
    try {
      const caller: PlacedCaller = { ...options, request, exchange: deadlines.exchange }
      return await this.#send(caller, deadlines, (error) => mayRepeat(error, options.repeatable))
    } finally {
      deadlines.done()
    }
  }

  /** The connection of an earlier call, while it is there. */
  linkAt(place: Place | undefined): Link | undefined {
    const found = this.#options.endpoints.find((endpoint) => isAt(place, endpoint))
    return found && isAt(place, found) ? found.slotFor(place.key).link : undefined
  }

  async #send(
    caller: PlacedCaller,
    deadlines: Deadlines,
    mayRetry: (error: GatewayError) => boolean,
  ): Promise<Answer> {
    const { signal } = caller.exchange
    const left = this.#order(caller)
    let retries = 1
    let failure: GatewayError | undefined
    for (let endpoint = left.shift(); endpoint; endpoint = left.shift()) {
      const reached = await this.#reach(endpoint, caller).catch((thrown: unknown) => GatewayError.from(thrown))
      if (signal.aborted) throw leaveAndTell(reached, signal)
      if (reached instanceof GatewayError) {
        failure = reached
        continue
      }
      deadlines.touch()
      try {
        return await this.#exchange(endpoint, reached, caller)
      } catch (thrown) {
        failure = GatewayError.from(thrown)
        if (signal.aborted || retries-- === 0 || !mayRetry(failure)) throw failure
        left.push(endpoint)
        // The loss of a connection may be told to its holder a moment after its calls.
        await new Promise(setImmediate)
      }
    }
    throw (
      failure ??
      new GatewayError("service_unavailable", "The service has no endpoint.", { detail: { sent: false } })
    )
  }

  #order({ principalId, place }: PlacedCaller): Endpoint[] {
    const { definition, endpoints } = this.#options
    const balance = definition.type === "stdio" ? "round_robin" : definition.balance
    const ordered = orderCandidates(endpoints, balance, { number: this.#calls++, principalId })
    return place ? ordered.toSorted((a, b) => Number(isAt(place, b)) - Number(isAt(place, a))) : ordered
  }

  async #reach(endpoint: Endpoint, caller: PlacedCaller): Promise<Reached> {
    const { signal } = caller.exchange
    const turn = await Turn.enter(endpoint.turnstile, signal)
    try {
      const era = this.#options.era() ?? (await endpoint.shared.get(signal)).facts.era
      const { place } = caller
      const key = isAt(place, endpoint) ? place.key : linkKeyFor(this.#options.definition, era, caller)
      const slot = endpoint.slotFor(key)
      caller.onPlace?.(new CallPlace(endpoint, key))
      slot.inUse++
      try {
        return { slot, link: await slot.get(signal), turn }
      } catch (thrown) {
        slot.inUse--
        throw thrown
      }
    } catch (thrown) {
      turn.leave()
      throw thrown
    }
  }

  async #exchange(endpoint: Endpoint, reached: Reached, { request, exchange }: Caller): Promise<Answer> {
    const { slot, link, turn } = reached
    try {
      const answer = await link.handle(this.#fit(request, exchange, link), turn.exchangeFor(exchange))
      endpoint.succeeded()
      return answer
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      if (error.code === "service_unavailable" && !exchange.signal.aborted) endpoint.failed()
      if (wantsNewLink(error)) slot.drop(link, error)
      throw thrown
    } finally {
      slot.inUse--
      turn.leave()
    }
  }

  /** A modern service is told with each request who asks and what it can be asked. */
  #fit(request: Request, exchange: Exchange, { facts }: Link): Request {
    if (facts.era === "legacy") return withoutRetry(request)
    const client = {
      era: facts.era,
      revision: modernRevisions[0],
      capabilities: capabilitiesOf({ request, exchange }),
      info: this.#options.clientInfo,
    }
    return { ...request, client }
  }
}

/** Where a call went. */
class CallPlace {
  readonly endpoint: Endpoint
  readonly key: LinkKey | undefined

  constructor(endpoint: Endpoint, key: LinkKey | undefined) {
    this.endpoint = endpoint
    this.key = key
  }
}

/** A connection that ended with its session is no place to come back to. */
function isAt(place: Place | undefined, endpoint: Endpoint): place is CallPlace {
  return place instanceof CallPlace && place.endpoint === endpoint && place.key?.closed?.aborted !== true
}

/** @throws GatewayError `invalid` where a state of a modern service comes back to one that is of the older era now */
function withoutRetry(request: Request): Request {
  if (!askingMethods.has(request.method)) return request
  if (request.params.has("requestState")) throw invalidState()
  if (!request.params.has("inputResponses")) return request
  return { ...request, params: withMembers(request.params, retryMembers) }
}

function capabilitiesOf({ request, exchange }: Omit<Caller, "principalId">): RawObject {
  const { client } = request
  if (client.era === "modern") return client.capabilities
  return new Map([...withoutAskable(client.capabilities), ...(exchange.ask ? askableOf(client) : [])])
}

function leaveAndTell(reached: Reached | GatewayError, signal: AbortSignal): unknown {
  if (!(reached instanceof GatewayError)) {
    reached.slot.inUse--
    reached.turn.leave()
  }
  return signal.reason
}

function mayRepeat({ code, detail }: GatewayError, repeatable: boolean): boolean {
  if (code !== "service_unavailable") return false
  const status = Number(detail["status"] ?? 404)
  // Other refusals by HTTP would only come again.
  if (status < 500 && status !== 404) return false
  return repeatable || detail["sent"] === false
}
