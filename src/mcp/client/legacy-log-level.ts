/**
 * The log level of a legacy session, which all its calls share: raised to the most verbose level any call has named,
 * and never lowered. What each caller hears of it is left to relay.ts.
 */

import { plainCall, type Carrier } from "./carrier.ts"
import { logLevels, type LogLevel } from "../message.ts"
import { toRaw } from "../raw-json.ts"

/** A call does not wait longer than this for the level it would like. */
const waitMs = 5_000

export class LegacyLogLevel {
  readonly #carrier: Carrier
  readonly #offered: boolean
  #rank: number = logLevels.length
  #pending: Promise<void> | undefined

  constructor(carrier: Carrier, capabilities: Readonly<Record<string, unknown>>) {
    this.#carrier = carrier
    this.#offered = capabilities["logging"] !== undefined
  }

  /** Resolves when messages of this level can come or will not, or when nobody waits for them any more. */
  async atLeast(level: LogLevel, signal: AbortSignal): Promise<void> {
    const rank = logLevels.indexOf(level)
    if (this.#offered && rank < this.#rank) {
      this.#rank = rank
      const step = this.#set(level).finally(() => {
        if (this.#pending === step) this.#pending = undefined
      })
      this.#pending = step
    }
    if (this.#pending) await Promise.race([this.#pending, aborted(signal)])
  }

  async #set(level: LogLevel): Promise<void> {
    const params = new Map([["level", toRaw(level)]])
    try {
      await this.#carrier.request(plainCall("logging/setLevel", params, AbortSignal.timeout(waitMs)))
    } catch {
      // Log messages are a courtesy: the call goes on without them, and fails by itself where the link is broken.
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
