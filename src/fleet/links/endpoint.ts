/**
 * One running replica of a service: the connection that its callers share, those kept apart for some, how many calls it
 * gets at once, and how healthy it is. How a connection is made: connector.ts. Whether it gets calls: breaker.ts.
 */

import type { BreakerRules } from "../../domain/services/breaker-rules.ts"
import type { EndpointStatus } from "../../domain/fleet.ts"
import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { RawObject } from "../../mcp/raw-json.ts"
import type { Candidate } from "../calls/balance.ts"
import { Breaker } from "./breaker.ts"
import type { LinkKey } from "./link-key.ts"
import type { LinkPool } from "./link-pool.ts"
import { LinkSlot, type SlotOptions } from "./link-slot.ts"
import { ping } from "./pinging.ts"
import { Turnstile, type TurnstileLimits } from "../calls/turnstile.ts"

export type EndpointOptions = Pick<SlotOptions, "elapsed" | "random" | "onUp" | "onDown"> & {
  /** Tells it from the others of its service. */
  readonly id: string
  /** A URL without credentials, or the command. */
  readonly address: string
  readonly weight: number
  readonly connect: (capabilities: RawObject) => Promise<Link>
  /** Under which the connection that all share is made. */
  readonly capabilities: RawObject
  readonly pool: LinkPool
  readonly limits: TurnstileLimits
  readonly breaker: BreakerRules
  readonly pingTimeoutMs: number
  /** Its verdict has changed. */
  readonly onHealth: () => void
}

/** Pings in a row that went unanswered: a busy service may miss one. */
const missedToUnhealthy = 3

export class Endpoint implements Candidate {
  readonly address: string
  readonly weight: number
  readonly shared: LinkSlot
  readonly turnstile: Turnstile
  readonly breaker: Breaker
  readonly #options: EndpointOptions
  #missedPings = 0

  constructor(options: EndpointOptions) {
    const { random, onHealth } = options
    this.#options = options
    this.address = options.address
    this.weight = options.weight
    this.turnstile = new Turnstile(options.limits)
    this.breaker = new Breaker({
      limits: options.breaker,
      random,
      now: options.elapsed,
      onChange: onHealth,
    })
    const onUp = (link: Link): void => {
      this.#missedPings = 0
      this.breaker.reconnected()
      options.onUp?.(link)
    }
    this.shared = new LinkSlot({
      ...options,
      onUp,
      make: () => options.connect(options.capabilities),
      comeback: "eager",
    })
  }

  get healthy(): boolean {
    return this.answers && this.breaker.isClosed
  }

  /** Whether it is connected and has not left several pings unanswered. */
  get answers(): boolean {
    return this.#missedPings < missedToUnhealthy && this.shared.link !== undefined
  }

  get inFlight(): number {
    return this.turnstile.inside + this.turnstile.waiting
  }

  get status(): EndpointStatus {
    const { inside, waiting } = this.turnstile
    const { address, healthy, breaker } = this
    return { address, healthy, breaker: breaker.state, inFlight: inside, waiting }
  }

  slotFor(key: LinkKey | undefined): LinkSlot {
    const { pool, connect, id } = this.#options
    return key ? pool.slot(id, key, connect) : this.shared
  }

  /** @param call as the breaker has let it through */
  succeeded(call: object): void {
    this.breaker.succeeded(call)
    if (this.#missedPings > 0) this.#missed(0)
  }

  answeredPing(): void {
    this.#missed(0)
    this.breaker.answeredPing()
  }

  /** A connection that carries nothing, or whose endpoint has failed for long, is made anew. */
  missedPing(link: Link, reason: GatewayError): void {
    this.#missed(this.#missedPings + 1)
    if (this.turnstile.inside === 0 || !this.healthy) this.shared.drop(link, reason)
  }

  /** A call over it heard nothing. The connection that all share is pinged anyway; one of some is only now. */
  suspect(slot: LinkSlot, link: Link): void {
    if (slot === this.shared) return
    ping(link, this.#options.pingTimeoutMs).catch((thrown: unknown) => slot.drop(link, GatewayError.from(thrown)))
  }

  close(): Promise<void> {
    this.breaker.stop()
    return this.shared.close()
  }

  #missed(pings: number): void {
    const before = this.healthy
    this.#missedPings = pings
    if (this.healthy !== before) this.#options.onHealth()
  }
}
