/** How many calls each principal has open, so that one cannot take all the room there is. */

import type { GatewayError } from "../errors.ts"

type OpenCount = { open: number }

const leastSweep = 1_000

export class OpenCounts {
  readonly #max: number
  readonly #refusal: (max: number) => GatewayError
  readonly #counts = new Map<string, OpenCount>()
  #sweepAt = leastSweep

  constructor(max: number, refusal: (max: number) => GatewayError) {
    this.#max = max
    this.#refusal = refusal
  }

  /**
   * @throws GatewayError `overloaded`
   * @returns ends it, however often it is called
   */
  enter(principalId: string): () => void {
    const count = this.#counts.get(principalId) ?? this.#begin(principalId)
    if (count.open >= this.#max) throw this.#refusal(this.#max)
    count.open += 1
    let left = false
    return () => {
      if (left) return
      left = true
      count.open -= 1
    }
  }

  /** Counts of nothing are kept for the next call, until there are many of them. */
  #begin(principalId: string): OpenCount {
    if (this.#counts.size >= this.#sweepAt) {
      for (const [id, { open }] of this.#counts) if (open === 0) this.#counts.delete(id)
      this.#sweepAt = Math.max(leastSweep, this.#counts.size * 2)
    }
    const count = { open: 0 }
    this.#counts.set(principalId, count)
    return count
  }
}
