/**
 * What a service says over one connection beyond what anybody can follow or has asked for. Of what is told and asked so
 * much a second goes on, the rest is dropped and counted; a service that does hardly anything else loses the connection.
 */

import { GatewayError } from "../../errors.ts"

/** Notifications and requests in a second: more than any person reads, or any model can use. */
const maxHeard = 1_000
/** Messages in a second that are of no use to anybody: reading more of them would cost the other services their time. */
const maxUseless = 10_000
const secondMs = 1_000

export class Surplus {
  readonly #onDropped: ((messages: number) => void) | undefined
  #endsMs = 0
  #heard = 0
  #useless = 0
  #dropped = 0

  /** @param onDropped told of the first message, and of all of them at the end */
  constructor(onDropped: ((messages: number) => void) | undefined) {
    this.#onDropped = onDropped
  }

  /**
   * Counts what the service tells or asks of its own accord.
   * @returns whether it goes on
   * @throws GatewayError `service_unavailable` where the connection is to end
   */
  hears(): boolean {
    this.#roll()
    if (++this.#heard <= maxHeard) return true
    this.drop()
    return false
  }

  /**
   * Counts a message that nobody has asked for, or that is none.
   * @throws GatewayError `service_unavailable` where the connection is to end
   */
  drop(): void {
    this.#roll()
    if (this.#dropped++ === 0) this.#onDropped?.(1)
    if (++this.#useless > maxUseless) throw flooded()
  }

  end(): void {
    if (this.#dropped > 1) this.#onDropped?.(this.#dropped)
    this.#dropped = 0
  }

  #roll(): void {
    const nowMs = performance.now()
    if (nowMs < this.#endsMs) return
    this.#endsMs = nowMs + secondMs
    this.#heard = this.#useless = 0
  }
}

function flooded(): GatewayError {
  const text = `The service said more than ${maxUseless} things in a second that nobody had asked for; the connection was ended.`
  return new GatewayError("service_unavailable", text, { detail: { sent: true } })
}
