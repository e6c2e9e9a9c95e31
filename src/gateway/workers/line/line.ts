/**
 * The line between the owner and one worker: a pipe that both inherit, with no name by which anybody else could reach
 * it. What is said in one turn of the event loop goes out together. Its end is the end of the other process.
 *
 * What is said: messages.ts. How it is written: frames.ts.
 */

import type { Duplex } from "node:stream"
import { FrameReader, writeFrame, type Parcel } from "./frames.ts"

type LineOptions = {
  /**
   * With `answers`, what is said while questions are out waits for the next answer: under load many calls share one
   * write, and at rest nothing waits. The owner records what waits at once together anyway, so no call is later for it.
   */
  readonly pacedBy: "turns" | "answers"
}

export class Line<Said extends object, Heard extends object> {
  readonly #pipe: Duplex
  readonly #pacedBy: LineOptions["pacedBy"]
  readonly #reader = new FrameReader()
  #waiting: Parcel[] = []
  #unanswered = 0
  #scheduled = false

  constructor(pipe: Duplex, { pacedBy }: LineOptions, hear: (message: Heard, bytes: readonly Buffer[]) => void) {
    this.#pipe = pipe
    this.#pacedBy = pacedBy
    pipe.on("data", (chunk: Buffer) => {
      for (const { message, bytes } of this.#reader.read(chunk)) {
        if (this.#isQuestion(message as Heard)) this.#unanswered -= 1
        hear(message as Heard, bytes)
      }
      if (this.#waiting.length > 0) this.#schedule()
    })
    pipe.on("error", () => pipe.destroy())
  }

  /** Once, when everything that came was heard and nothing more will come. */
  onClosed(listener: () => void): void {
    this.#pipe.once("close", listener)
  }

  say(message: Said, bytes: Parcel["bytes"] = []): void {
    this.#waiting.push({ message, bytes })
    if (this.#unanswered === 0) this.#schedule()
  }

  close(): void {
    this.#flush()
    this.#pipe.end()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const parcels = this.#waiting
    this.#waiting = []
    if (parcels.length === 0 || !this.#pipe.writable) return
    for (const { message } of parcels) if (this.#isQuestion(message)) this.#unanswered += 1
    this.#pipe.write(writeFrame(parcels))
  }

  /** A question and its answer have the same `ask`. */
  #isQuestion(message: object): boolean {
    return this.#pacedBy === "answers" && "ask" in message
  }
}
