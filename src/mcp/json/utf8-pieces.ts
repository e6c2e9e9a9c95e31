/** Whether text that comes in pieces is UTF-8: a character may begin in one piece and end in another. */

import { isUtf8 } from "node:buffer"

const maxContinuations = 3

export class Utf8Pieces {
  /** The bytes of a character that has begun. */
  #begun = Buffer.alloc(0)

  /** Whether all is UTF-8 so far. */
  takes(piece: Buffer): boolean {
    const rest = this.#begun.length === 0 ? piece : this.#finish(piece)
    if (rest === undefined) return false
    const whole = rest.length - begunAtEnd(rest)
    // Copied, so that three bytes keep no large piece alive.
    if (whole < rest.length) this.#begun = Buffer.from(rest.subarray(whole))
    return isUtf8(rest.subarray(0, whole))
  }

  get isWhole(): boolean {
    return this.#begun.length === 0
  }

  /** What comes after the character that has begun; undefined where it is none. */
  #finish(piece: Buffer): Buffer | undefined {
    const missing = lengthOf(this.#begun[0] ?? 0) - this.#begun.length
    const character = Buffer.concat([this.#begun, piece.subarray(0, missing)])
    const isLonger = piece.length < missing && begunAtEnd(character) === character.length
    this.#begun = isLonger ? character : Buffer.alloc(0)
    return isLonger || isUtf8(character) ? piece.subarray(missing) : undefined
  }
}

/** How many bytes at the end belong to a character that ends elsewhere. */
function begunAtEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(maxContinuations, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) !== 0x80) return lengthOf(byte) > back ? back : 0
  }
  return 0
}

/** Of a character that begins so; what cannot begin one is refused where it is looked at. */
function lengthOf(byte: number): number {
  if (byte >= 0xf0) return 4
  if (byte >= 0xe0) return 3
  return byte >= 0xc0 ? 2 : 1
}
