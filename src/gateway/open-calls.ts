/**
 * The calls that are open: a stopping gateway waits for them and takes no more, and those whose caller may call no
 * longer end.
 */

import type { CallRequest } from "../call/call.ts"
import type { WhyRefused } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import { Numbered } from "../mcp/numbered.ts"

export class OpenCalls {
  readonly #stopping: AbortSignal
  readonly #open = new Numbered<CallRequest>()
  #onIdle: (() => void) | undefined

  /** @param stopping aborts when no more calls are taken */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
  }

  /**
   * @returns the number to leave by
   * @throws GatewayError `service_unavailable` once the gateway is stopping
   */
  enter(call: CallRequest): number {
    if (this.#stopping.aborted) throw stoppingNow()
    return this.#open.add(call)
  }

  /** How many ever entered, or a few more. */
  get made(): number {
    return this.#open.last
  }

  /** Once for each that entered. */
  leave(number: number): void {
    this.#open.delete(number)
    if (this.#open.size === 0) this.#onIdle?.()
  }

  /** Ends those of callers that are refused now: each is answered why, and cancelled at its service. */
  endRefused(whyRefused: WhyRefused): void {
    for (const { caller, exchange } of this.#open.items()) {
      const why = whyRefused(caller)
      if (why) exchange.end?.(why)
    }
  }

  /** Resolves when no call is open, or when their time is over. */
  async drained(graceMs: number): Promise<void> {
    if (this.#open.size === 0) return
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
