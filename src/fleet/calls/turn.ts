/**
 * The turn of one call: its place at an endpoint. While the service waits for an answer of the caller's, which may be a person at
 * lunch, another call has the place.
 */

import { withAsk } from "../../mcp/exchange.ts"
import type { Exchange } from "../../mcp/message.ts"
import type { Turnstile } from "./turnstile.ts"

/** Whose turn it is. */
export type Whose = { readonly principalId: string; readonly exchange: Pick<Exchange, "signal"> }

export class Turn {
  readonly #turnstile: Turnstile
  readonly #whose: Whose
  #isInside = true
  #returning: Promise<void> | undefined
  #questions = 0
  #over = false

  /** @throws GatewayError `overloaded`; or the signal's reason */
  static async enter(turnstile: Turnstile, whose: Whose): Promise<Turn> {
    await turnstile.enter(whose.principalId, whose.exchange.signal)
    return new Turn(turnstile, whose)
  }

  /** @returns undefined where it would have to wait */
  static tryEnter(turnstile: Turnstile, whose: Whose): Turn | undefined {
    return turnstile.tryEnter() ? new Turn(turnstile, whose) : undefined
  }

  private constructor(turnstile: Turnstile, whose: Whose) {
    this.#turnstile = turnstile
    this.#whose = whose
  }

  /** The exchange of a call whose turn this is. */
  exchangeFor(exchange: Exchange): Exchange {
    const { ask } = exchange
    return ask ? withAsk(exchange, (question, signal) => this.#during(ask(question, signal))) : exchange
  }

  /** For good. */
  leave(): void {
    this.#over = true
    this.#lend()
  }

  #lend(): void {
    if (this.#isInside) this.#turnstile.leave()
    this.#isInside = false
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
      if (!this.#over && !this.#isInside) await this.#comeBack()
      if (this.#over || this.#questions > 0) this.#lend()
    } catch {
      // It is over, or too many wait already: then the answer goes on all the same, for the service has it all begun.
    } finally {
      this.#returning = undefined
    }
  }

  async #comeBack(): Promise<void> {
    const { principalId, exchange } = this.#whose
    await this.#turnstile.enter(principalId, exchange.signal)
    this.#isInside = true
  }
}
