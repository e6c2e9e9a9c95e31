/**
 * Tells of what has waited for long: one timer for all that waits, since nearly everything is done long before and a
 * timer for each would cost more than what it waits for.
 */

/** How often it looks, as a part of the time it waits. */
const looksPerWait = 10

export class Lateness<T extends object> {
  readonly #waitMs: number
  readonly #onLate: (waiting: T) => void
  /** Since when, by a clock that does not jump; the oldest first. */
  readonly #waiting = new Map<T, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(waitMs: number, onLate: (waiting: T) => void) {
    this.#waitMs = waitMs
    this.#onLate = onLate
  }

  add(waiting: T): void {
    this.#waiting.set(waiting, performance.now())
    this.#timer ??= setInterval(() => this.#look(), this.#waitMs / looksPerWait).unref()
  }

  delete(waiting: T): void {
    this.#waiting.delete(waiting)
  }

  #look(): void {
    const before = performance.now() - this.#waitMs
    for (const [waiting, sinceMs] of this.#waiting) {
      if (sinceMs > before) break
      this.#waiting.delete(waiting)
      this.#onLate(waiting)
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
