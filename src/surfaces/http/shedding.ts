/**
 * What the gateway refuses while it has too much to do. Those who govern it are let through until connections are no
 * longer accepted: who else could mend it? What the levels mean: domain/overload.ts.
 */

import type { Caller } from "../../domain/principal.ts"
import { nothingShed, refusedFrom, type Load, type Refusable, type Shed } from "../../domain/overload.ts"
import { GatewayError } from "../../errors.ts"

export type SheddingOptions = {
  /** Must not throw. */
  readonly governs: (caller: Caller) => boolean
  readonly random: () => number
}

const words: Readonly<Record<Refusable, string>> = {
  sessions: "new sessions",
  streams: "new streams",
  calls: "new calls",
  connections: "new connections",
}

const leastWaitMs = 1_000
const spreadMs = 4_000

export class Shedding {
  readonly #options: SheddingOptions
  readonly #shed: Record<keyof Shed, number> = { ...nothingShed }
  #load: Load = { level: 0, reason: undefined }

  constructor(options: SheddingOptions) {
    this.#options = options
  }

  /** 0 while all is well: the one number that a call looks at. */
  get level(): number {
    return this.#load.level
  }

  get load(): Load {
    return this.#load
  }

  get shed(): Shed {
    return this.#shed
  }

  heed(load: Load): void {
    this.#load = load
  }

  takes(what: Exclude<Refusable, "connections">, caller: Caller): boolean {
    return this.#load.level < refusedFrom[what] || this.#options.governs(caller)
  }

  /** @throws GatewayError `overloaded` */
  assertTakes(what: Exclude<Refusable, "connections">, caller: Caller): void {
    if (!this.takes(what, caller)) throw this.refusal(what)
  }

  /** Counted as refused. */
  refusal(what: Refusable): GatewayError {
    this.count(what)
    // Spread, or all who were refused come back at once.
    const retryAfterMs = Math.round(leastWaitMs + this.#options.random() * spreadMs)
    const { reason = "it has been until now" } = this.#load
    const text = `The gateway is overloaded and takes no ${words[what]}: ${reason}. Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`
    return new GatewayError("overloaded", text, { detail: { level: this.#load.level }, retryAfterMs })
  }

  count(what: keyof Shed): void {
    this.#shed[what] += 1
  }
}
