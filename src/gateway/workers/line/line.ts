/**
 * The line between the owner and one worker: a pipe that both inherit, with no name by which anybody else could reach
 * it. What is said in one turn of the event loop goes out together. Its end is the end of the other process.
 *
 * What is said: messages.ts. How it is written: frames.ts.
 */

import type { Duplex } from "node:stream"
import { FrameReader, writeFrame, type Parcel } from "./frames.ts"

export class Line<Said extends object, Heard> {
  readonly #pipe: Duplex
  readonly #reader = new FrameReader()
  #waiting: Parcel[] = []

  constructor(pipe: Duplex, hear: (message: Heard, bytes: readonly Buffer[]) => void) {
    this.#pipe = pipe
    pipe.on("data", (chunk: Buffer) => {
      for (const { message, bytes } of this.#reader.read(chunk)) hear(message as Heard, bytes)
    })
    pipe.on("error", () => pipe.destroy())
  }

  /** Once, when everything that came was heard and nothing more will come. */
  onClosed(listener: () => void): void {
    this.#pipe.once("close", listener)
  }

  say(message: Said, bytes: Parcel["bytes"] = []): void {
    if (this.#waiting.push({ message, bytes }) === 1) setImmediate(() => this.#flush())
  }

  close(): void {
    this.#flush()
    this.#pipe.end()
  }

  #flush(): void {
    const parcels = this.#waiting
    this.#waiting = []
    if (parcels.length === 0 || !this.#pipe.writable) return
    this.#pipe.write(writeFrame(parcels))
  }
}
