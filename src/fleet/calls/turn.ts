/**
 * The turn of one call: its place at an endpoint. While the service waits for an answer of the caller's, which may be a person at
 * lunch, another call has the place.
 */

import type { Exchange } from "../../mcp/message.ts"
import type { Turnstile } from "./turnstile.ts"

export class Turn {
  readonly #turnstile: Turnstile
  readonly #signal: AbortSignal
  #leave: (() => void) | undefined
  #returning: Promise<void> | undefined
  #questions = 0
  #over = false

  /** @throws GatewayError `overloaded`; or the signal's reason */
  static async enter(turnstile: Turnstile, signal: AbortSignal): Promise<Turn> {
    return new Turn(turnstile, signal, await turnstile.enter(signal))
  }

  private constructor(turnstile: Turnstile, signal: AbortSignal, leave: () => void) {
    this.#turnstile = turnstile
    this.#signal = signal
    this.#leave = leave
  }

  /** The exchange of a call whose turn this is. */
  exchangeFor(exchange: Exchange): Exchange {
    const { ask } = exchange
    return ask ? { ...exchange, ask: (question, signal) => this.#during(ask(question, signal)) } : exchange
  }

  /** For good. */
  leave(): void {
    this.#over = true
    this.#lend()
  }

  #lend(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  async #during<T>(question: Promise<T>): Promise<T> {
    if (this.#questions++ === 0) this.#lend()
    try {
      return await question
    } finally {
      if (--this.#questions === 0) await (this.#returning ??= this.#return())
    }
  }

  async #return(): Promise<void> {
    try {
      const leave = this.#over || this.#leave ? undefined : await this.#turnstile.enter(this.#signal)
      this.#leave ??= leave
      if (this.#over || this.#questions > 0) this.#lend()
    } catch {
      // It is over, or too many wait already: then the answer goes on all the same, for the service has it all begun.
    } finally {
      this.#returning = undefined
    }
  }
}
