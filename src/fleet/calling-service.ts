/**
 * A service as a worker knows it: where to send its calls, over connections of the worker's own. What it offers, whether
 * it is well and what it tells of its own accord is the owner's business: live-service.ts.
 */

import type { Offer } from "../domain/catalog.ts"
import type { SendOptions } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import { GatewayError } from "../errors.ts"
import { cancellationOf } from "../mcp/cancellation.ts"
import type { Answer, Era, Exchange, Request } from "../mcp/message.ts"
import { Dispatch } from "./calls/dispatch.ts"
import { OpenSends } from "./calls/open-sends.ts"
import type { Served } from "./calls/stats.ts"
import type { LinkContext } from "./context.ts"
import type { BreakerState } from "./links/breaker.ts"
import { Connector } from "./links/connector.ts"
import type { Endpoint } from "./links/endpoint.ts"
import { openEndpoints } from "./links/endpoints.ts"
import { LinkPool } from "./links/link-pool.ts"
import { serviceUnavailable } from "./unavailable.ts"

export type Telling = {
  /** Of what failed, and of another era than was said. */
  readonly onNotice: (served: Served) => void
  /** By endpoint; none where all are closed. */
  readonly onBreakers: (states: readonly BreakerState[]) => void
}

export class CallingService {
  /** As its service was last heard. */
  offer: Offer
  readonly definition: ServiceDefinition
  readonly #context: LinkContext
  readonly #telling: Telling
  readonly #connector: Connector
  readonly #pool: LinkPool
  readonly #endpoints: readonly Endpoint[]
  readonly #dispatch: Dispatch
  readonly #open = new OpenSends()
  #connecting = false
  #told = ""
  #closed = false

  constructor(
    { definition, offer }: { readonly definition: ServiceDefinition; readonly offer: Offer },
    context: LinkContext,
    telling: Telling,
  ) {
    this.offer = offer
    this.definition = definition
    this.#context = context
    this.#telling = telling
    const { clientInfo, wheel } = context
    const era = (): Offer["era"] => this.offer.era
    const paramHeaders = (tool: string) => this.offer.items.tools.find(({ name }) => name === tool)?.paramHeaders
    this.#connector = new Connector({ definition, context, eraHint: era, paramHeaders })
    this.#pool = new LinkPool(context)
    this.#endpoints = openEndpoints({
      definition,
      context,
      connector: this.#connector,
      pool: this.#pool,
      onUp: () => {},
      onChange: () => this.#tellBreakers(),
    })
    this.#dispatch = new Dispatch({ definition, endpoints: this.#endpoints, era, clientInfo, wheel })
  }

  /** @throws GatewayError */
  async send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    this.#connect()
    return this.#open.during(() => this.#send(request, exchange, options))
  }

  /** Lets open calls end within the grace, then closes everything. */
  async close(graceMs: number): Promise<void> {
    this.#tellNoBreakers()
    await this.#open.drained(graceMs)
    const closing = this.#endpoints.map((endpoint) => endpoint.close())
    await Promise.all([this.#pool.close(), ...closing, this.#connector.close()])
  }

  /** To all endpoints at the first call, so that it is not always the first of them that is there already. */
  #connect(): void {
    if (this.#connecting) return
    this.#connecting = true
    for (const { shared } of this.#endpoints) shared.start()
  }

  async #send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    const beganMs = this.#context.elapsed()
    const notice = (error?: string): void => {
      const era = this.#otherEra()
      if (error === undefined && era === undefined) return
      const latencyMs = this.#context.elapsed() - beganMs
      this.#telling.onNotice({ latencyMs, ...(error !== undefined && { error }), ...(era && { era }) })
    }
    try {
      const answer = await this.#dispatch.send(request, exchange, options)
      notice(answer.error && `It answered with error ${answer.error.code}.`)
      return answer
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      notice(cancellationOf(exchange).aborted ? undefined : error.message)
      throw error.code === "service_unavailable"
        ? serviceUnavailable(this.definition.name, error.message, error)
        : thrown
    }
  }

  /** Where one of them is other than was told. */
  #tellBreakers(): void {
    const states = this.#endpoints.map(({ breaker }) => breaker.state)
    const told = states.every((state) => state === "closed") ? "" : states.join()
    if (this.#closed || told === this.#told) return
    this.#told = told
    this.#telling.onBreakers(told === "" ? [] : states)
  }

  #tellNoBreakers(): void {
    if (this.#told !== "") this.#telling.onBreakers([])
    this.#closed = true
  }

  #otherEra(): Era | undefined {
    const era = this.#endpoints.find(({ healthy }) => healthy)?.shared.link?.facts.era
    return era === this.offer.era ? undefined : era
  }
}
