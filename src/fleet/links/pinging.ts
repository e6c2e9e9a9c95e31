/** Asks each endpoint of a service from time to time whether it still answers. What follows from it: endpoint.ts. */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import { abortable } from "./abortable.ts"
import type { Endpoint } from "./endpoint.ts"

export type PingTimes = { readonly intervalMs: number; readonly timeoutMs: number }

export class Pinging {
  readonly #endpoint: Endpoint
  readonly #times: PingTimes
  readonly #random: () => number
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(endpoint: Endpoint, times: PingTimes, random: () => number) {
    this.#endpoint = endpoint
    this.#times = times
    this.#random = random
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Jittered by a quarter either way, so that many services are not asked at once. */
  #schedule(): void {
    if (this.#stopped) return
    const waitMs = this.#times.intervalMs * (0.75 + this.#random() / 2)
    this.#timer = setTimeout(() => void this.#check(), waitMs).unref()
  }

  async #check(): Promise<void> {
    const { link } = this.#endpoint.shared
    if (link) {
      try {
        await ping(link, this.#times.timeoutMs)
        this.#endpoint.answeredPing()
      } catch (thrown) {
        this.#endpoint.missedPing(link, GatewayError.from(thrown))
      }
    }
    this.#schedule()
  }
}

/** @throws GatewayError */
export async function ping(link: Link, timeoutMs: number): Promise<void> {
  const late = new AbortController()
  const text = `The service did not answer a ping within ${timeoutMs} ms.`
  const timer = setTimeout(() => late.abort(new GatewayError("timeout", text)), timeoutMs)
  try {
    await abortable(link.ping(late.signal), late.signal)
  } finally {
    clearTimeout(timer)
  }
}
