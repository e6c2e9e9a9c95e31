/**
 * Writes the log's lines to a descriptor and never waits for whoever reads them: the log is no reason to keep a call
 * waiting. What is not taken at once is kept up to a bound and tried again; what is more is lost, and counted. A reader
 * that has gone for good is written to no more.
 */

import { writeSync } from "node:fs"

export type OutletOptions = {
  readonly descriptor: number
  /** The line that tells how many were lost. */
  readonly lossLine: (lost: number) => string
}

const maxWaitingBytes = 1_048_576
const retryMs = 50
/** How long the end of the process may wait for a reader that is slow. */
const lastMs = 500
const lastStepMs = 10
const gone = new Set(["EPIPE", "EBADF", "ECONNRESET", "ENOTCONN"])

export class Outlet {
  readonly #options: OutletOptions
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #lost = 0
  #isGone = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: OutletOptions) {
    this.#options = options
  }

  /** Never throws. */
  write(line: string): void {
    if (this.#isGone) return
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) {
      this.#lost += 1
      return
    }
    this.#keep(bytes)
    if (this.#timer === undefined) this.#drain()
  }

  /** For the end of the process. */
  flush(): void {
    const endMs = performance.now() + lastMs
    const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    while (this.#waitingBytes > 0 && !this.#takes() && performance.now() < endMs)
      Atomics.wait(clock, 0, 0, lastStepMs)
  }

  #keep(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  #drain(): void {
    this.#timer = undefined
    if (this.#takes() && this.#lost > 0) {
      this.#keep(Buffer.from(this.#options.lossLine(this.#lost)))
      this.#lost = 0
      this.#takes()
    }
    if (this.#waitingBytes > 0) this.#timer = setTimeout(() => this.#drain(), retryMs).unref()
  }

  /** @returns whether nothing is left */
  #takes(): boolean {
    try {
      for (let [first] = this.#waiting; first; [first] = this.#waiting) {
        const written = writeSync(this.#options.descriptor, first)
        this.#waitingBytes -= written
        if (written === first.length) this.#waiting.shift()
        else this.#waiting[0] = first.subarray(written)
      }
    } catch (thrown) {
      if (gone.has(String((thrown as NodeJS.ErrnoException).code))) this.#giveUp()
    }
    return this.#waitingBytes === 0
  }

  #giveUp(): void {
    this.#isGone = true
    this.#waiting = []
    this.#waitingBytes = 0
  }
}
