/** One timer for all that waits: it looks at the oldest batch that is out, and says when that is out for too long. */

type BatchDeadlineOptions = {
  readonly ms: number
  /** Of the oldest batch, by `performance.now()`; undefined where none is out. */
  outSinceMs(): number | undefined
  passed(): void
}

export class BatchDeadline {
  readonly #options: BatchDeadlineOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: BatchDeadlineOptions) {
    this.#options = options
  }

  /** To be called when a batch goes out. */
  watch(): void {
    this.#timer ??= this.#set(this.#options.ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #set(inMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), inMs).unref()
  }

  #look(): void {
    this.#timer = undefined
    const sinceMs = this.#options.outSinceMs()
    if (sinceMs === undefined) return
    const leftMs = sinceMs + this.#options.ms - performance.now()
    if (leftMs > 0) this.#timer = this.#set(leftMs)
    else this.#options.passed()
  }
}
