/**
 * How a service has been doing, kept in a few hundred bytes: counts since the start, the last error, and the latencies
 * of the last calls.
 */

import type { ServiceStatus } from "../../domain/fleet.ts"
import type { Era } from "../../mcp/message.ts"

/** How one call went that another process of ours has sent. */
export type Served = {
  readonly latencyMs: number
  /** Where it failed, in words that are safe to show. */
  readonly error?: string
  /** Of the service, where it is another one than was known. */
  readonly era?: Era
}

const kept = 512

export class Stats {
  readonly #latenciesMs = new Float64Array(kept)
  #calls = 0
  #errors = 0
  #lastError: ServiceStatus["lastError"]

  answered(latencyMs: number): void {
    this.#latenciesMs[this.#calls++ % kept] = latencyMs
  }

  failed(latencyMs: number, error: NonNullable<ServiceStatus["lastError"]>): void {
    this.answered(latencyMs)
    this.#errors++
    this.noteError(error)
  }

  /** Trouble outside of any call: a connection that was lost. */
  noteError(error: NonNullable<ServiceStatus["lastError"]>): void {
    this.#lastError = error
  }

  read(): Pick<ServiceStatus, "calls" | "errors" | "p50Ms" | "p99Ms" | "lastError"> {
    const sorted = this.#latenciesMs.slice(0, Math.min(this.#calls, kept)).sort()
    const p50Ms = sorted[Math.ceil(sorted.length * 0.5) - 1]
    const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1]
    return {
      calls: this.#calls,
      errors: this.#errors,
      ...(p50Ms !== undefined && { p50Ms: Math.round(p50Ms) }),
      ...(p99Ms !== undefined && { p99Ms: Math.round(p99Ms) }),
      ...(this.#lastError && { lastError: this.#lastError }),
    }
  }
}
