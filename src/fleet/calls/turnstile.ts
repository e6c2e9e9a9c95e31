/**
 * How many calls an endpoint gets at once, and how many may wait for a place. A caller who goes away gives up its place.
 */

import { GatewayError } from "../../errors.ts"

export type TurnstileLimits = { readonly maxInside: number; readonly maxWaiting: number }

export class Turnstile {
  readonly #limits: TurnstileLimits
  readonly #waiting = new Set<() => void>()
  #inside = 0

  constructor(limits: TurnstileLimits) {
    this.#limits = limits
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes a place where one is free now; who has taken one leaves it once. */
  tryEnter(): boolean {
    if (this.#inside >= this.#limits.maxInside) return false
    this.#inside++
    return true
  }

  /**
   * @returns what to call once, when the place is free again
   * @throws GatewayError `overloaded`; or the signal's reason
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (!this.tryEnter()) await this.#wait(signal)
    return () => this.leave()
  }

  /** The place goes straight to whoever waits longest. */
  leave(): void {
    const [next] = this.#waiting
    if (!next) return void this.#inside--
    this.#waiting.delete(next)
    next()
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { maxInside, maxWaiting } = this.#limits
    if (this.#waiting.size >= maxWaiting) {
      const text = `The service has ${maxInside} calls open and ${maxWaiting} waiting, its limit; try again later.`
      return Promise.reject(new GatewayError("overloaded", text, { retryAfterMs: 1_000, detail: { sent: false } }))
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const proceed = (): void => {
      signal.removeEventListener("abort", giveUp)
      resolve()
    }
    const giveUp = (): void => {
      this.#waiting.delete(proceed)
      reject(signal.reason)
    }
    this.#waiting.add(proceed)
    signal.addEventListener("abort", giveUp, { once: true })
    return promise
  }
}
