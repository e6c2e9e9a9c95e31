/** How many calls each principal has open, so that one cannot take all the room there is. */

import type { GatewayError } from "../errors.ts"

export class OpenCounts {
  readonly #max: number
  readonly #refusal: (max: number) => GatewayError
  readonly #open = new Map<string, number>()

  constructor(max: number, refusal: (max: number) => GatewayError) {
    this.#max = max
    this.#refusal = refusal
  }

  /**
   * @throws GatewayError `overloaded`
   * @returns ends it, however often it is called
   */
  enter(principalId: string): () => void {
    const open = this.#open.get(principalId) ?? 0
    if (open >= this.#max) throw this.#refusal(this.#max)
    this.#open.set(principalId, open + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      const now = (this.#open.get(principalId) ?? 1) - 1
      if (now === 0) this.#open.delete(principalId)
      else this.#open.set(principalId, now)
    }
  }
}
