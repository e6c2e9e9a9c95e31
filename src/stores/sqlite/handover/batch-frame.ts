/**
 * Many drafts and their payloads in one block of memory, which goes to the thread as it is, without a copy. Both sides
 * of the frame are here: the main thread fills it (outbox.ts), the thread empties it (group-commit.ts).
 *
 * The form: the number of entries; then for each one the draft as JSON, the arguments, the result and, as JSON, the
 * rule of the copy to be kept, every part with its length in bytes in front (unsigned, 32 bits).
 */

import type { Payloads } from "../../../domain/audit/log.ts"

const lengthBytes = 4
const firstBytes = 16 * 1024
/** Stands for the length of a part that is not there. */
const absent = 0xffff_ffff
const mostBytesPerChar = 3

export type FramedEntry = {
  readonly draft: string
  readonly arguments?: Buffer
  readonly result?: Buffer
  readonly keep?: NonNullable<Payloads["keep"]>
}

export class BatchFrame {
  #bytes = Buffer.from(new ArrayBuffer(firstBytes))
  #length = lengthBytes
  #count = 0

  /** Copies; the caller may use its buffers again. */
  add(draft: string, { arguments: args, result, keep }: Payloads = {}): void {
    this.#addText(draft)
    this.#addPieces(args)
    this.#addPieces(result)
    if (keep) this.#addText(JSON.stringify(keep))
    else this.#addLength(absent)
    this.#count += 1
  }

  /** The frame itself, to be transferred; nothing can be added after. */
  take(): ArrayBuffer {
    this.#bytes.writeUInt32LE(this.#count, 0)
    return this.#bytes.buffer
  }

  #addText(text: string): void {
    this.#reserve(lengthBytes + text.length * mostBytesPerChar)
    const written = this.#bytes.write(text, this.#length + lengthBytes)
    this.#bytes.writeUInt32LE(written, this.#length)
    this.#length += lengthBytes + written
  }

  #addPieces(pieces: readonly Buffer[] | undefined): void {
    if (pieces === undefined) return this.#addLength(absent)
    const bytes = bytesOf(pieces)
    this.#reserve(lengthBytes + bytes)
    this.#addLength(bytes)
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#length)
      this.#length += piece.length
    }
  }

  #addLength(length: number): void {
    this.#reserve(lengthBytes)
    this.#bytes.writeUInt32LE(length, this.#length)
    this.#length += lengthBytes
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const grown = Buffer.from(new ArrayBuffer(Math.max(this.#bytes.length * 2, this.#length + bytes)))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

export function bytesOf(pieces: readonly Buffer[] | undefined): number {
  let bytes = 0
  for (const piece of pieces ?? []) bytes += piece.length
  return bytes
}

/** The payloads are views of the frame. */
export function* readFrame(frame: ArrayBuffer): Generator<FramedEntry> {
  const bytes = Buffer.from(frame)
  let offset = lengthBytes
  const next = (): Buffer | undefined => {
    const length = bytes.readUInt32LE(offset)
    offset += lengthBytes
    if (length === absent) return undefined
    offset += length
    return bytes.subarray(offset - length, offset)
  }
  for (let left = bytes.readUInt32LE(0); left > 0; left -= 1) {
    const [draft, args, result, keep] = [next(), next(), next(), next()]
    yield {
      draft: draft?.toString() ?? "",
      ...(args && { arguments: args }),
      ...(result && { result }),
      ...(keep && { keep: JSON.parse(keep.toString()) as NonNullable<Payloads["keep"]> }),
    }
  }
}
