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

/** In one piece: a write of many is slower than copying them. */
export function writeFrame(parcels: readonly Parcel[]): Buffer {
  const rest: Buffer[] = []
  const heads = parcels.map(({ message, bytes }) => {
    for (const pieces of bytes) rest.push(...pieces)
    return bytes.length === 0 ? [message] : [message, ...bytes.map(lengthOf)]
  })
  const json = JSON.stringify(heads)
  const [jsonBytes, restBytes] = [Buffer.byteLength(json), lengthOf(rest)]
  const frame = Buffer.allocUnsafe(headBytes + jsonBytes + restBytes)
  frame.writeUInt32LE(jsonBytes, 0)
  frame.writeUInt32LE(restBytes, 4)
  let at = headBytes + frame.write(json, headBytes)
  for (const piece of rest) {
    frame.set(piece, at)
    at += piece.length
  }
  return frame
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
