/**
 * The two deadlines of one call: an idle one, which progress pushes back, and a hard one, which nothing does. Both stand
 * still while the service waits for an answer of the caller's own, for which there is a deadline elsewhere.
 */

import { GatewayError } from "../../errors.ts"
import type { Exchange } from "../../mcp/message.ts"
import { reasonOf } from "../../mcp/client/open-calls.ts"

export type CallLimits = { readonly idleMs: number; readonly hardMs: number }

export class Deadlines {
  /** The caller's exchange under our deadlines: its signal aborts with a GatewayError `timeout`. */
  readonly exchange: Exchange
  readonly #controller = new AbortController()
  readonly #caller: AbortSignal
  readonly #limits: CallLimits
  readonly #idle: NodeJS.Timeout
  #hard: NodeJS.Timeout | undefined
  #hardLeftMs: number
  #runsSinceMs = 0
  #questions = 0
  #over = false

  constructor(exchange: Exchange, limits: CallLimits) {
    this.#caller = exchange.signal
    this.#limits = limits
    this.#hardLeftMs = limits.hardMs
    this.#idle = setTimeout(() => this.#onIdle(), limits.idleMs)
    this.#run()
    this.#caller.addEventListener("abort", this.#follow, { once: true })
    if (this.#caller.aborted) this.#follow()
    const { ask, session } = exchange
    this.exchange = {
      signal: this.#controller.signal,
      ...(session && { session }),
      notify: (notification) => {
        if (notification.method === "notifications/progress") this.touch()
        exchange.notify(notification)
      },
      ...(ask && { ask: (request, signal) => this.#during(ask(request, signal)) }),
    }
  }

  /** Something happened: the idle time begins anew. */
  touch(): void {
    if (!this.#over) this.#idle.refresh()
  }

  done(): void {
    this.#over = true
    clearTimeout(this.#idle)
    clearTimeout(this.#hard)
    this.#caller.removeEventListener("abort", this.#follow)
  }

  readonly #follow = (): void => this.#controller.abort(reasonOf(this.#caller))

  async #during<T>(question: Promise<T>): Promise<T> {
    if (this.#questions++ === 0) this.#pause()
    try {
      return await question
    } finally {
      if (--this.#questions === 0 && !this.#over) this.#run()
      this.touch()
    }
  }

  #run(): void {
    this.#runsSinceMs = performance.now()
    const text = `The answer took longer than ${this.#limits.hardMs} ms, the limit (maxTimeMs).`
    this.#hard = setTimeout(() => this.#expire(text), this.#hardLeftMs)
  }

  #pause(): void {
    clearTimeout(this.#hard)
    this.#hardLeftMs -= performance.now() - this.#runsSinceMs
  }

  #onIdle(): void {
    if (this.#questions > 0) this.touch()
    else this.#expire(`The service said nothing for ${this.#limits.idleMs} ms, the limit (timeoutMs).`)
  }

  #expire(what: string): void {
    this.#controller.abort(
      new GatewayError("timeout", `${what} It was told to stop; the call may have had effects.`),
    )
  }
}
