/**
 * The pace at which connections are made, over all services: so many at once, so many a second, each service in its
 * turn. Two hundred that went down together come back one after the other, and the calls of the others go on meanwhile.
 * When one service tries again: backoff.ts.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { Turnstile } from "../calls/turnstile.ts"

export type AttemptLimits = {
  /** Programs on their way up at once: more would only slow each other down. */
  readonly starting: number
  /** Connections by URL being made at once. */
  readonly connecting: number
  /** Of both, begun in a second. */
  readonly connectsPerSecond: number
}

type Kind = "start" | "connect"

/** Who is merely silent after that holds up no other. */
const busyMs = 2_000
const never = new AbortController().signal

export class Attempts {
  readonly #gates: Readonly<Record<Kind, Turnstile>>
  readonly #spacingMs: number
  /** On the clock of `performance.now()`. */
  #nextMs = 0

  constructor({ starting, connecting, connectsPerSecond }: AttemptLimits) {
    const gate = (maxInside: number): Turnstile =>
      new Turnstile({ maxInside, maxWaiting: Number.POSITIVE_INFINITY })
    this.#gates = { start: gate(starting), connect: gate(connecting) }
    this.#spacingMs = 1_000 / connectsPerSecond
  }

  /** @param service among which the attempts are shared out */
  async during<T>(kind: Kind, service: string, make: () => Promise<T>): Promise<T> {
    const leave = once(await this.#gates[kind].enter(service, never))
    await this.#pace()
    const settled = setTimeout(leave, busyMs).unref()
    try {
      return await make()
    } finally {
      clearTimeout(settled)
      leave()
    }
  }

  async #pace(): Promise<void> {
    const nowMs = performance.now()
    const waitMs = this.#nextMs - nowMs
    this.#nextMs = Math.max(nowMs, this.#nextMs) + this.#spacingMs
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false })
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
