/** An endpoint that was reached for one call: a place there, and the right connection to it. */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import { wantsNewLink } from "../../mcp/client/service-answer.ts"
import type { Answer, Request } from "../../mcp/message.ts"
import type { Endpoint } from "../links/endpoint.ts"
import type { LinkSlot } from "../links/link-slot.ts"
import type { Deadlines } from "./deadlines.ts"
import type { Turn } from "./turn.ts"
import { isServiceFailure } from "./verdict.ts"

export class Reached {
  readonly endpoint: Endpoint
  readonly link: Link
  readonly #slot: LinkSlot
  readonly #turn: Turn

  /** The slot counts this call already, until it leaves. */
  constructor(endpoint: Endpoint, slot: LinkSlot, link: Link, turn: Turn) {
    this.endpoint = endpoint
    this.link = link
    this.#slot = slot
    this.#turn = turn
  }

  send(request: Request, exchange: Deadlines): Promise<Answer> {
    exchange.sent = true
    return this.link.handle(request, this.#turn.exchangeFor(exchange))
  }

  /** What was thrown may tell something of the endpoint. */
  failed(thrown: unknown, exchange: Deadlines): GatewayError {
    const error = GatewayError.from(thrown)
    if (isServiceFailure(error, exchange)) this.endpoint.breaker.failed(exchange, error)
    if (exchange.wasSilent) this.endpoint.suspect(this.#slot, this.link)
    if (wantsNewLink(error)) this.#slot.drop(this.link, error)
    return error
  }

  leave(exchange: Deadlines): void {
    this.endpoint.breaker.left(exchange)
    this.#slot.inUse--
    this.#turn.leave()
  }
}
