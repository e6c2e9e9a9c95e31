/**
 * One direction of one connection through faultd.ts: what one socket says, through the toxics of the moment, to the
 * other. A toxic can be put on and taken off while bytes are on their way.
 */

import type { Socket } from "node:net"
import type { Lane, Toxic } from "./toxics.ts"

type Piece = { readonly bytes: Buffer; readonly atMs: number }

/** What may wait in a lane before its source is read no more. */
const maxWaitingBytes = 1024 * 1024

export class FaultyLane implements Lane {
  readonly #from: Socket
  readonly #to: Socket
  readonly #waiting: Piece[] = []
  #toxics: readonly ReturnType<Toxic>[] = []
  #off = new AbortController()
  #waitingBytes = 0
  #isPumping = false
  #hasEnded = false
  #isLost = false

  constructor(from: Socket, to: Socket, toxics: readonly Toxic[]) {
    this.#from = from
    this.#to = to
    this.toxics = toxics
    from.on("data", (bytes: Buffer) => this.#take(bytes))
    from.once("end", () => this.#take(undefined))
    from.once("close", () => this.#off.abort())
  }

  /** Those that were on are off; what was lost meanwhile cannot be mended. */
  set toxics(toxics: readonly Toxic[]) {
    if (this.#isLost) this.reset()
    this.#off.abort()
    this.#off = new AbortController()
    this.#toxics = toxics.map((toxic) => toxic(this))
  }

  get signal(): AbortSignal {
    return this.#off.signal
  }

  end(): void {
    this.#to.end()
  }

  reset(): void {
    resetSocket(this.#from)
    resetSocket(this.#to)
  }

  lose(): void {
    this.#isLost = true
  }

  #take(bytes: Buffer | undefined): void {
    if (bytes) this.#waiting.push({ bytes, atMs: performance.now() })
    else this.#hasEnded = true
    this.#waitingBytes += bytes?.length ?? 0
    if (this.#waitingBytes > maxWaitingBytes) this.#from.pause()
    if (!this.#isPumping) void this.#pump()
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    for (let piece = this.#waiting.shift(); piece; piece = this.#waiting.shift()) {
      for await (const bytes of through(this.#toxics, piece)) await this.#write(bytes)
      this.#waitingBytes -= piece.bytes.length
      this.#from.resume()
    }
    this.#isPumping = false
    if (this.#hasEnded && !this.#isLost) this.#to.end()
  }

  #write(bytes: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (!this.#to.writable || bytes.length === 0) resolve()
    else this.#to.write(bytes, () => resolve())
    return promise
  }
}

/** RST; where the end is on its way already, Node could not, and would never let go of the socket. */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}

/** A toxic that is taken off in the middle lets the rest of its piece go as it is. */
async function* through(
  [first, ...rest]: readonly ReturnType<Toxic>[],
  { bytes, atMs }: Piece,
): AsyncGenerator<Buffer> {
  if (!first) {
    yield bytes
    return
  }
  let passed = 0
  try {
    for await (const piece of first(bytes, atMs)) {
      passed += piece.length
      yield* through(rest, { bytes: piece, atMs })
    }
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown.name !== "AbortError") throw thrown
    yield* through(rest, { bytes: bytes.subarray(passed), atMs })
  }
}
