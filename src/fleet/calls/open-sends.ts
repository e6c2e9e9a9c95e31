/** Counts the calls of one service that are open, for who must wait for their end. */

export class OpenSends {
  #open = 0
  #onNone: (() => void) | undefined

  async during<T>(send: () => Promise<T>): Promise<T> {
    this.#open += 1
    try {
      return await send()
    } finally {
      this.#open -= 1
      if (this.#open === 0) this.#onNone?.()
    }
  }

  /** Resolves when none is open, or their time is over. */
  async drained(graceMs: number): Promise<void> {
    if (this.#open === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onNone = resolve
    const timer = setTimeout(resolve, graceMs)
    await promise
    clearTimeout(timer)
  }
}
