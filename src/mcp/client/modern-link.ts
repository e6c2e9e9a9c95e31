/**
 * A link to a service of the modern era over any carrier. Nothing is kept between requests: each says who asks and in
 * which revision, so the neutral form goes out almost as it is.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

import type { Cancellation } from "../cancellation.ts"
import type { Carrier, OutgoingCall } from "./carrier.ts"
import { complete, encodeModernRequest, readModernAnswer, readModernNotification } from "../era-modern.ts"
import { largeMethods } from "../large-members.ts"
import type { Link, ServiceFacts } from "./link.ts"
import {
  modernRevisions,
  type Answer,
  type ClientFacts,
  type Exchange,
  type Notification,
  type Request,
  type RpcError,
} from "../message.ts"
import type { RawObject } from "../raw-json.ts"
import { relay } from "./relay.ts"
import { fromService, misunderstood, refuseHopErrors } from "./service-answer.ts"
import { ownRequest, readFacts } from "./service-facts.ts"

/** @param discovered the service's answer to `server/discover` */
export function openModernLink(carrier: Carrier, client: ClientFacts, discovered: RawObject): Link {
  return new ModernLink(carrier, client, readFacts({ era: "modern", revision: modernRevisions[0] }, discovered))
}

/** `server/discover` on nobody's behalf: how a link is made, and how it is tried. */
export function discovery(client: ClientFacts, signal: AbortSignal): OutgoingCall {
  const request = ownRequest("server/discover", client)
  const { method, params } = request
  return { method, params, encode: (id) => encodeModernRequest(id, request), signal }
}

class ModernLink implements Link {
  readonly remembers = false
  readonly facts: ServiceFacts
  readonly closed: Link["closed"]
  readonly #carrier: Carrier
  readonly #client: ClientFacts

  constructor(carrier: Carrier, client: ClientFacts, facts: ServiceFacts) {
    this.#carrier = carrier
    this.#client = client
    this.facts = facts
    this.closed = carrier.closed
  }

  readonly handle = async (request: Request, exchange: Exchange): Promise<Answer> => {
    const listens = request.method === "subscriptions/listen"
    try {
      const answer = await this.#carrier.request(new ModernCall(request, exchange))
      if (answer.error) await this.#heed(answer.error, exchange.signal)
      return fromService(() => readModernAnswer(answer))
    } catch (thrown) {
      if (listens && exchange.signal.aborted) return { result: new Map([["resultType", complete]]) }
      throw thrown
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { error } = await this.#carrier.request(discovery(this.#client, signal))
    if (error) throw misunderstood(error)
  }

  close(): Promise<void> {
    return this.#carrier.close()
  }

  /** A service that went back to the legacy era says this to whom it has not met; but others may say it too. */
  async #heed(error: RpcError, signal: AbortSignal): Promise<void> {
    refuseHopErrors(error)
    if (error.code === notInitialized) await this.ping(signal)
  }
}

const notInitialized = -32000

/** A request on its way, its own message when the carrier asks for that. */
class ModernCall implements OutgoingCall {
  readonly #request: Request
  readonly #exchange: Exchange

  constructor(request: Request, exchange: Exchange) {
    this.#request = request
    this.#exchange = exchange
  }

  get method(): string {
    return this.#request.method
  }

  get params(): RawObject {
    return this.#request.params
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  get cancellation(): Cancellation | undefined {
    return this.#exchange.cancellation
  }

  get large(): Exchange["large"] {
    return largeMethods.has(this.method) ? this.#exchange.large : undefined
  }

  encode(id: number): Buffer {
    return encodeModernRequest(id, this.#request)
  }

  notify(notification: Notification): void {
    relay(this.#request, this.#exchange, readModernNotification(notification))
  }
}
