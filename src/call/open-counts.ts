/** How many of something each principal has open, so that one cannot take all the room there is. */

import type { GatewayError } from "../errors.ts"

/** One for all that a principal has open: what is open for long holds nothing of its own. */
class OpenCount {
  open = 0
  /** To be called once for each that entered. */
  readonly leave = (): void => {
    this.open -= 1
  }
}

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
    const leave = this.count(principalId)
    let left = false
    return () => {
      if (left) return
      left = true
      leave()
    }
  }

  /**
   * @throws GatewayError `overloaded`
   * @returns ends it, each time it is called
   */
  count(principalId: string): () => void {
    const count = this.#counts.get(principalId) ?? this.#begin(principalId)
    if (count.open >= this.#max) throw this.#refusal(this.#max)
    count.open += 1
    return count.leave
  }

  /** Counts of nothing are kept for the next one, until there are many of them. */
  #begin(principalId: string): OpenCount {
    if (this.#counts.size >= this.#sweepAt) {
      for (const [id, { open }] of this.#counts) if (open === 0) this.#counts.delete(id)
      this.#sweepAt = Math.max(leastSweep, this.#counts.size * 2)
    }
    const count = new OpenCount()
    this.#counts.set(principalId, count)
    return count
  }
}
