/** Adds up the time in which at least one of several promises is awaited. */

export class Waiting {
  readonly #clock: () => number
  #open = 0
  #sinceMs = 0
  #totalMs = 0

  /** @param clock in ms, never jumps */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  get totalMs(): number {
    return this.#open > 0 ? this.#totalMs + this.#clock() - this.#sinceMs : this.#totalMs
  }

  async during<T>(promise: Promise<T>): Promise<T> {
    if (this.#open++ === 0) this.#sinceMs = this.#clock()
    try {
      return await promise
    } finally {
      if (--this.#open === 0) this.#totalMs += this.#clock() - this.#sinceMs
    }
  }
}
