/**
 * Many messages as one block of bytes and back: what one process has to say to another in one turn of its event loop.
 *
 * The form: the length of the JSON part and that of the rest (unsigned, 32 bits), then a JSON array of the messages,
 * each with the lengths of the byte strings that belong to it, then those bytes in the same order. Both ends are
 * processes of one gateway, so nothing is checked that a version of ours could not get wrong.
 */

/** A message and the byte strings that go with it, each in pieces. */
export type Parcel = { readonly message: object; readonly bytes: readonly (readonly Buffer[])[] }

export type Received = { readonly message: unknown; readonly bytes: readonly Buffer[] }

const headBytes = 8

/** @returns what is to be written one after another */
export function writeFrame(parcels: readonly Parcel[]): readonly Buffer[] {
  const rest = parcels.flatMap(({ bytes }) => bytes.flat())
  const json = Buffer.from(JSON.stringify(parcels.map(({ message, bytes }) => [message, ...bytes.map(lengthOf)])))
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(json.length, 0)
  head.writeUInt32LE(lengthOf(rest), 4)
  return [head, json, ...rest]
}

export class FrameReader {
  #chunks: Buffer[] = []
  #held = 0
  #needed = headBytes

  /** The messages that are complete with this chunk. Their bytes are views of what came. */
  read(chunk: Buffer): readonly Received[] {
    const received: Received[] = []
    this.#chunks.push(chunk)
    this.#held += chunk.length
    while (this.#held >= this.#needed) {
      const held = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
      this.#chunks = [held]
      const [json, rest] = [held.readUInt32LE(0), held.readUInt32LE(4)]
      this.#needed = headBytes + json + rest
      if (held.length < this.#needed) break
      const frame = held.subarray(headBytes, this.#needed)
      this.#keep(held.subarray(this.#needed))
      received.push(...unpack(frame.subarray(0, json), frame.subarray(json)))
    }
    return received
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#held = rest.length
    this.#needed = headBytes
  }
}

function unpack(json: Buffer, rest: Buffer): readonly Received[] {
  let offset = 0
  return (JSON.parse(json.toString()) as readonly [unknown, ...number[]][]).map(([message, ...lengths]) => ({
    message,
    bytes: lengths.map((length) => rest.subarray(offset, (offset += length))),
  }))
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}
