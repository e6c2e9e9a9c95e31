/**
 * How many calls an endpoint gets at once, and how many may wait for a place. Those who wait are taken in turn, one of
 * each principal (fair-queue.ts), and where the queue is full, whoever has most in it makes room. A caller who goes away
 * gives up its place.
 */

import { GatewayError } from "../../errors.ts"
import { FairQueue } from "./fair-queue.ts"

export type TurnstileLimits = { readonly maxInside: number; readonly maxWaiting: number }

type Waiter = { readonly proceed: () => void; readonly refuse: (reason: unknown) => void }

export class Turnstile {
  readonly #limits: TurnstileLimits
  readonly #waiting = new FairQueue<Waiter>()
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
   * @param whose among whom the places are shared out
   * @returns what to call once, when the place is free again
   * @throws GatewayError `overloaded`; or the signal's reason
   */
  async enter(whose: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (!this.tryEnter()) await this.#wait(whose, signal)
    return () => this.leave()
  }

  /** The place goes straight to whoever's turn it is. */
  leave(): void {
    const next = this.#waiting.take()
    if (next) next.proceed()
    else this.#inside--
  }

  #wait(whose: string, signal: AbortSignal): Promise<void> {
    if (!this.#hasRoomFor(whose)) return Promise.reject(this.#full())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const end = (): void => signal.removeEventListener("abort", giveUp)
    const waiter: Waiter = {
      proceed: () => (end(), resolve()),
      refuse: (reason) => (end(), reject(reason)),
    }
    const giveUp = (): void => {
      this.#waiting.delete(whose, waiter)
      reject(signal.reason)
    }
    this.#waiting.add(whose, waiter)
    signal.addEventListener("abort", giveUp, { once: true })
    return promise
  }

  /** In a full queue only by the leave of the newest of another who has more in it. */
  #hasRoomFor(whose: string): boolean {
    if (this.#waiting.size < this.#limits.maxWaiting) return true
    const crowded = this.#waiting.dropFromLargest(this.#waiting.countOf(whose) + 1)
    crowded?.refuse(this.#full())
    return crowded !== undefined
  }

  #full(): GatewayError {
    const { maxInside, maxWaiting } = this.#limits
    const text = `The service has ${maxInside} calls open and ${maxWaiting} waiting, its limit (concurrency, limits.queue), of which you have your share; try again later.`
    return new GatewayError("overloaded", text, { retryAfterMs: 1_000, detail: { sent: false } })
  }
}
