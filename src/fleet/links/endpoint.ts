/**
 * One running replica of a service: the connection that its callers share, those kept apart for some, how many calls it
 * gets at once, and how healthy it is. How a connection is made: connector.ts.
 */

import type { EndpointStatus } from "../../domain/fleet.ts"
import type { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { RawObject } from "../../mcp/raw-json.ts"
import type { Candidate } from "../calls/balance.ts"
import { afterFailure, afterSuccess, healthyAtFirst } from "./health.ts"
import type { LinkKey } from "./link-key.ts"
import type { LinkPool } from "./link-pool.ts"
import { LinkSlot, type SlotOptions } from "./link-slot.ts"
import { Turnstile, type TurnstileLimits } from "../calls/turnstile.ts"

export type EndpointOptions = Pick<SlotOptions, "now" | "random" | "onUp" | "onDown"> & {
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
  /** Its verdict has changed. */
  readonly onHealth: () => void
}

export class Endpoint implements Candidate {
  readonly address: string
  readonly weight: number
  readonly shared: LinkSlot
  readonly turnstile: Turnstile
  readonly #options: EndpointOptions
  #health = healthyAtFirst

  constructor(options: EndpointOptions) {
    this.#options = options
    this.address = options.address
    this.weight = options.weight
    this.turnstile = new Turnstile(options.limits)
    const onUp = (link: Link): void => {
      this.#health = healthyAtFirst
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
    return this.#health.healthy && this.shared.link !== undefined
  }

  get inFlight(): number {
    return this.turnstile.inside + this.turnstile.waiting
  }

  get status(): EndpointStatus {
    const { inside, waiting } = this.turnstile
    return { address: this.address, healthy: this.healthy, inFlight: inside, waiting }
  }

  slotFor(key: LinkKey | undefined): LinkSlot {
    const { pool, connect, id } = this.#options
    return key ? pool.slot(id, key, connect) : this.shared
  }

  succeeded(): void {
    this.#judge(afterSuccess(this.#health))
  }

  failed(): void {
    this.#judge(afterFailure(this.#health))
  }

  /** A ping went unanswered: a connection that carries nothing, or has failed for long, is made anew. */
  missedPing(link: Link, reason: GatewayError): void {
    this.failed()
    if (this.turnstile.inside === 0 || !this.#health.healthy) this.shared.drop(link, reason)
  }

  close(): Promise<void> {
    return this.shared.close()
  }

  #judge(health: typeof healthyAtFirst): void {
    const changed = health.healthy !== this.#health.healthy
    this.#health = health
    if (changed) this.#options.onHealth()
  }
}
