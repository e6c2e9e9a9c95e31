/**
 * The two deadlines of one call: an idle one, which progress pushes back, and a hard one, which nothing does. While the
 * service waits for an answer of the caller's own, it is not idle.
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
  readonly #idle: NodeJS.Timeout
  readonly #hard: NodeJS.Timeout
  #questions = 0

  constructor(exchange: Exchange, { idleMs, hardMs }: CallLimits) {
    this.#caller = exchange.signal
    this.#idle = setTimeout(() => this.#onIdle(idleMs), idleMs)
    this.#hard = setTimeout(
      () => this.#expire(`The answer took longer than ${hardMs} ms, the limit (maxTimeMs).`),
      hardMs,
    )
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
    this.#idle.refresh()
  }

  done(): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#hard)
    this.#caller.removeEventListener("abort", this.#follow)
  }

  readonly #follow = (): void => this.#controller.abort(reasonOf(this.#caller))

  async #during<T>(question: Promise<T>): Promise<T> {
    this.#questions++
    try {
      return await question
    } finally {
      this.#questions--
      this.touch()
    }
  }

  #onIdle(idleMs: number): void {
    if (this.#questions > 0) this.touch()
    else this.#expire(`The service said nothing for ${idleMs} ms, the limit (timeoutMs).`)
  }

  #expire(what: string): void {
    this.#controller.abort(
      new GatewayError("timeout", `${what} It was told to stop; the call may have had effects.`),
    )
  }
}
