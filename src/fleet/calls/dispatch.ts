/**
 * One call on its way to a service: an endpoint that can be reached, a place there, the right connection, the answer in
 * time. What may have had an effect is not sent twice unless the tool says that this does no harm.
 */

import { GatewayError } from "../../errors.ts"
import type { ServiceDefinition } from "../../domain/service.ts"
import type { SendOptions } from "../../domain/fleet.ts"
import type { Link } from "../../mcp/client/link.ts"
import { modernRevisions, type Answer, type Era, type Exchange, type Request } from "../../mcp/message.ts"
import { readString, type RawJson } from "../../mcp/raw-json.ts"
import { wantsNewLink } from "../../mcp/client/service-answer.ts"
import { orderCandidates } from "./balance.ts"
import { Deadlines } from "./deadlines.ts"
import type { Endpoint } from "../links/endpoint.ts"
import { linkKeyFor, withoutAskable, type Caller } from "../links/link-key.ts"
import type { LinkSlot } from "../links/link-slot.ts"

export type DispatchOptions = {
  readonly definition: ServiceDefinition
  readonly endpoints: readonly Endpoint[]
  /** The era last seen; undefined before the first handshake. */
  readonly era: () => Era | undefined
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
}

type Reached = { readonly slot: LinkSlot; readonly link: Link; readonly leave: () => void }

export class Dispatch {
  readonly #options: DispatchOptions
  #calls = 0

  constructor(options: DispatchOptions) {
    this.#options = options
  }

  /** @throws GatewayError */
  async send(request: Request, exchange: Exchange, { principalId, repeatable }: SendOptions): Promise<Answer> {
    const { timeoutMs, maxTimeMs } = this.#options.definition
    const deadlines = new Deadlines(exchange, { idleMs: timeoutMs, hardMs: maxTimeMs })
    try {
      const caller: Caller = { request, exchange: deadlines.exchange, principalId }
      return await this.#send(caller, deadlines, (error) => mayRepeat(error, repeatable))
    } finally {
      deadlines.done()
    }
  }

  async #send(caller: Caller, deadlines: Deadlines, mayRetry: (error: GatewayError) => boolean): Promise<Answer> {
    const { signal } = caller.exchange
    const left = this.#order(caller.principalId)
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

  #order(principalId: string): Endpoint[] {
    const { definition, endpoints } = this.#options
    const balance = definition.type === "stdio" ? "round_robin" : definition.balance
    return orderCandidates(endpoints, balance, { number: this.#calls++, principalId })
  }

  async #reach(endpoint: Endpoint, caller: Caller): Promise<Reached> {
    const { signal } = caller.exchange
    const leave = await endpoint.turnstile.enter(signal)
    try {
      const era = this.#options.era() ?? (await endpoint.shared.get(signal)).facts.era
      const slot = endpoint.slotFor(linkKeyFor(this.#options.definition, era, caller))
      slot.inUse++
      try {
        return { slot, link: await slot.get(signal), leave }
      } catch (thrown) {
        slot.inUse--
        throw thrown
      }
    } catch (thrown) {
      leave()
      throw thrown
    }
  }

  async #exchange(endpoint: Endpoint, reached: Reached, { request, exchange }: Caller): Promise<Answer> {
    const { slot, link } = reached
    try {
      const answer = await link.handle(this.#fit(request, link), exchange)
      endpoint.succeeded()
      refuseQuestion(request, answer)
      return answer
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      if (error.code === "service_unavailable" && !exchange.signal.aborted) endpoint.failed()
      if (wantsNewLink(error)) slot.drop(link, error)
      throw thrown
    } finally {
      slot.inUse--
      reached.leave()
    }
  }

  /** A modern service is told with each request who asks and what it can be asked. */
  #fit(request: Request, { facts }: Link): Request {
    if (facts.era === "legacy") return request
    const { era, capabilities } = request.client
    const own = era === "modern" ? capabilities : withoutAskable(capabilities)
    const client = {
      era: facts.era,
      revision: modernRevisions[0],
      capabilities: own,
      info: this.#options.clientInfo,
    }
    return { ...request, client }
  }
}

function leaveAndTell(reached: Reached | GatewayError, signal: AbortSignal): unknown {
  if (!(reached instanceof GatewayError)) {
    reached.slot.inUse--
    reached.leave()
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

function refuseQuestion(request: Request, { result }: Answer): void {
  if (request.client.era === "modern" || readString(result?.get("resultType")) !== "input_required") return
  throw new GatewayError(
    "invalid",
    "The service needs to ask something that this client, of an older MCP, cannot be asked.",
  )
}
