/**
 * Whether an endpoint gets calls at all. Calls that fail in a row, or too many of those in a window, open it: then
 * callers are refused at once, until after a wait one call, the probe, is let through to see. What counts as a failure:
 * calls/verdict.ts. Why it is not a library's: docs/decisions/0013-breaker.md.
 */

import type { BreakerRules } from "../../domain/services/breaker-rules.ts"
import { GatewayError } from "../../errors.ts"

export type BreakerState = "closed" | "open" | "half_open"

export type BreakerOptions = {
  readonly limits: BreakerRules
  /** Of a clock that is never set. */
  readonly now: () => number
  readonly random: () => number
  /** Told of every other state. */
  readonly onChange: () => void
}

export class Breaker {
  readonly #options: BreakerOptions
  #isClosed = true
  /** Something failed since the last success: what a success has to look at. */
  #isTroubled = false
  #inARow = 0
  #calls = 0
  #failures = 0
  #windowEndsMs = 0
  #openings = 0
  #retryAtMs = 0
  #probe: object | undefined
  #cause: GatewayError | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get state(): BreakerState {
    if (this.#isClosed) return "closed"
    return this.#options.now() < this.#retryAtMs ? "open" : "half_open"
  }

  /** What opened it. */
  get cause(): GatewayError | undefined {
    return this.#isClosed ? undefined : this.#cause
  }

  /** @param call who asks, the same until it has `left`: it may become the probe */
  lets(call: object): boolean {
    if (this.#isClosed || this.#probe === call) return true
    if (this.#probe || this.#options.now() < this.#retryAtMs) return false
    this.#probe = call
    return true
  }

  /** What a call is told that is not let through. */
  refusal(): GatewayError {
    const { now, limits } = this.#options
    const waitMs = this.#retryAtMs - now()
    const text = `The service has failed too often and is left alone for a while: ${this.#cause?.message ?? ""}`
    return new GatewayError("service_unavailable", text, {
      detail: { sent: false, breaker: this.state },
      // The probe is out: nobody knows for how long.
      retryAfterMs: Math.ceil(waitMs > 0 ? waitMs : limits.waitMs),
    })
  }

  succeeded(call: object): void {
    this.#calls++
    if (this.#isTroubled) this.#recover(call)
  }

  failed(call: object, error: GatewayError): void {
    // Calls that end with one connection have failed once.
    if (this.#isClosed && error !== this.#cause) this.#count(error)
    else if (this.#probe === call) this.#open(error)
  }

  /** It takes no part any more, whatever became of it. */
  left(call: object): void {
    if (this.#probe === call) this.#probe = undefined
  }

  /** A ping is as good as a probe where no call is one, but proves less: the next failure opens it again. */
  answeredPing(): void {
    if (this.#isClosed || this.#probe || this.#options.now() < this.#retryAtMs) return
    this.#close()
    this.#inARow = this.#options.limits.failures - 1
  }

  /** A new connection is worth a probe at once. */
  reconnected(): void {
    if (this.#isClosed) return
    this.#retryAtMs = this.#options.now()
    clearTimeout(this.#timer)
    this.#options.onChange()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #recover(call: object): void {
    if (!this.#isClosed) {
      if (this.#probe === call) this.#close()
      return
    }
    this.#isTroubled = false
    this.#inARow = this.#openings = 0
    this.#cause = undefined
  }

  #count(error: GatewayError): void {
    const { limits, now } = this.#options
    if (now() >= this.#windowEndsMs) {
      this.#windowEndsMs = now() + limits.windowMs
      this.#calls = this.#failures = 0
    }
    this.#isTroubled = true
    this.#cause = error
    this.#inARow++
    this.#calls++
    this.#failures++
    if (this.#isTooMuch()) this.#open(error)
  }

  #isTooMuch(): boolean {
    const { failures, failurePercent, calls } = this.#options.limits
    if (failures > 0 && this.#inARow >= failures) return true
    const isShare = failurePercent > 0 && this.#failures * 100 >= failurePercent * this.#calls
    return isShare && this.#calls >= calls
  }

  #open(error: GatewayError): void {
    const { limits, now, random, onChange } = this.#options
    const longestMs = Math.min(limits.maxWaitMs, limits.waitMs * 2 ** this.#openings++)
    // Never less than half, or the wait would be none; endpoints that fail together are not tried together.
    const waitMs = longestMs * (0.5 + random() / 2)
    this.#isClosed = false
    this.#probe = undefined
    this.#cause = error
    this.#retryAtMs = now() + waitMs
    this.#tellWhenOver()
    onChange()
  }

  /** Timers go by a clock of their own, which may be ahead: whoever is told must find it half open. */
  #tellWhenOver(): void {
    const { now, onChange } = this.#options
    const restMs = Math.ceil(this.#retryAtMs - now())
    const over = (): void => (this.state === "open" ? this.#tellWhenOver() : onChange())
    clearTimeout(this.#timer)
    this.#timer = setTimeout(over, restMs).unref()
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#isClosed = true
    this.#probe = undefined
    this.#inARow = 0
    this.#windowEndsMs = 0
    this.#options.onChange()
  }
}
