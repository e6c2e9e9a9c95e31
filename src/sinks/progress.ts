/**
 * How far one sink has come. What it was sent last may be lost on the way where the receiver gives no answers; the
 * position that is kept for the next start then lags behind by that much, so that it is sent again.
 */

import { keyOf, type SinkEntry } from "./batch.ts"
import type { Position, Positions } from "./positions.ts"
import type { Sink, SinkName } from "./sink.ts"

type ProgressOptions = { readonly name: SinkName; readonly sink: Sink; readonly positions: Positions }

export class Progress {
  readonly #options: ProgressOptions
  /** Not empty once it has begun: where the next start would go on, and then the ends of the batches that are uncertain. */
  #sent: readonly Position[]

  constructor(options: ProgressOptions) {
    this.#options = options
    const kept = options.positions.get(options.name)
    this.#sent = kept ? [kept] : []
  }

  /** Of the last entry that was sent; undefined for a new sink. */
  get position(): Position | undefined {
    return this.#sent.at(-1)
  }

  begin(position: Position): void {
    this.#sent = [position]
    this.#keep()
  }

  sent(position: Position): void {
    this.#sent = [...this.#sent, position]
    this.settle()
  }

  /** Looks what is uncertain by now. */
  settle(): void {
    if (this.#sent.length === 0) return
    this.#sent = this.#sent.slice(-1 - (this.#options.sink.uncertain ?? 0))
    this.#keep()
  }

  #keep(): void {
    const [certain] = this.#sent
    if (certain) this.#options.positions.set(this.#options.name, certain)
  }
}

/**
 * Whether the log is the one that the position was taken in: what was sent is there, or retention has dropped it. The
 * newest entry is never dropped, so one that ends before the position is another.
 *
 * @param first from the position's own entry on
 */
export function isInLog({ id, key }: Position, first: SinkEntry | undefined): boolean {
  if (first === undefined) return id === 0
  return first.id > id || keyOf(first) === key
}
