/**
 * Bytes carried over from one chunk of a stream to the next, until a line or an event is whole.
 *
 * They are copied into one growing buffer: a list of views would let a peer that sends a byte at a time hold hundreds
 * of bytes of ours for each of its own. The limit is left to those who append: line-reader.ts, sse-parser.ts.
 */

const nothing = Buffer.alloc(0)
const leastBytes = 1_024

export class Carry {
  #bytes = nothing
  #length = 0

  get length(): number {
    return this.#length
  }

  append(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length > this.#bytes.length) this.#grow(length)
    piece.copy(this.#bytes, this.#length)
    this.#length = length
  }

  /** What was carried, now the caller's own; what comes next starts afresh. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = nothing
    this.#length = 0
    return taken
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2, leastBytes))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
