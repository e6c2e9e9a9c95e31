/** Counts the calls that a stopping gateway must wait for, and lets it take no more. */

import { GatewayError } from "../errors.ts"

export class OpenCalls {
  readonly #stopping: AbortSignal
  #open = 0
  #onIdle: (() => void) | undefined

  /** @param stopping aborts when no more calls are taken */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
  }

  /** @throws GatewayError `service_unavailable` once the gateway is stopping */
  enter(): void {
    if (this.#stopping.aborted) throw stoppingNow()
    this.#open += 1
  }

  /** Once for each that entered. */
  leave(): void {
    this.#open -= 1
    if (this.#open === 0) this.#onIdle?.()
  }

  /** Resolves when no call is open, or when their time is over. */
  async drained(graceMs: number): Promise<void> {
    if (this.#open === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    const timer = setTimeout(resolve, graceMs)
    await promise
    clearTimeout(timer)
    // The last answer is still on its way to its client, whose session ends next.
    await new Promise(setImmediate)
  }
}

function stoppingNow(): GatewayError {
  return new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
    retryAfterMs: 1_000,
  })
}
