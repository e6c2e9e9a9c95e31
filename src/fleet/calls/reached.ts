/** An endpoint that was reached for one call: a place there, and the right connection to it. */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import { wantsNewLink } from "../../mcp/client/service-answer.ts"
import type { Answer, Exchange, Request } from "../../mcp/message.ts"
import type { Endpoint } from "../links/endpoint.ts"
import type { LinkSlot } from "../links/link-slot.ts"
import type { Turn } from "./turn.ts"

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

  send(request: Request, exchange: Exchange): Promise<Answer> {
    return this.link.handle(request, this.#turn.exchangeFor(exchange))
  }

  /** What was thrown tells something of the endpoint, unless the caller had gone away. */
  failed(thrown: unknown, { aborted }: { readonly aborted: boolean }): GatewayError {
    const error = GatewayError.from(thrown)
    if (error.code === "service_unavailable" && !aborted) this.endpoint.failed()
    if (wantsNewLink(error)) this.#slot.drop(this.link, error)
    return error
  }

  leave(): void {
    this.#slot.inUse--
    this.#turn.leave()
  }
}
