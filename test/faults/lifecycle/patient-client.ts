/**
 * A client that tries again what never reached the gateway, as one behind a retrying proxy does. Each try carries a trace
 * id of its own, so the journals tell whether any call was made twice or answered wrongly.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { isRefused, type Asked } from "../client-journal.ts"

export type PatientCall = { readonly tries: readonly Asked[] }

const shortestPauseMs = 50
const longestPauseMs = 1_000
const givesUpMs = 15_000

export class PatientClient {
  readonly calls: PatientCall[] = []
  readonly #tryOnce: () => Promise<Asked>

  constructor(tryOnce: () => Promise<Asked>) {
    this.#tryOnce = tryOnce
  }

  async call(): Promise<void> {
    const tries: Asked[] = []
    this.calls.push({ tries })
    const untilMs = performance.now() + givesUpMs
    do {
      if (tries.length > 0) await sleep(pauseMs(tries.length))
      tries.push(await this.#tryOnce())
    } while (!isAnswered({ tries }) && performance.now() < untilMs)
  }

  get failed(): number {
    return this.calls.filter((call) => !isAnswered(call)).length
  }

  /** Tries that found nobody listening, or a connection that was closed before it carried them. */
  get unheard(): number {
    return this.#count(({ fate }) => fate?.kind === "unknown")
  }

  /** Tries that were told to come back. */
  get refused(): number {
    return this.#count(isRefused)
  }

  /** Calls of which the service saw more than one try. */
  madeTwice(seen: ReadonlySet<string>): number {
    return this.calls.filter(({ tries }) => tries.filter(({ traceId }) => seen.has(traceId)).length > 1).length
  }

  #count(fits: (tried: Asked) => boolean): number {
    return this.calls.reduce((sum, { tries }) => sum + tries.filter(fits).length, 0)
  }
}

/** Longer each time, and never the same for all. */
function pauseMs(tries: number): number {
  return Math.min(shortestPauseMs * 2 ** (tries - 1), longestPauseMs) * (0.5 + Math.random() / 2)
}

function isAnswered({ tries }: PatientCall): boolean {
  return tries.at(-1)?.fate?.kind === "answered"
}
