/** The writing thread's end of the one that copies the WAL back: it is started when there is first something to copy. */

import type { Worker } from "node:worker_threads"
import { startThread } from "../start-thread.ts"

/** Where the state that both threads share has what: whether a copying is under way, and SQLite's number of its failure. */
export const phaseAt = 0
export const failedAt = 1
export const idle = 0
const copying = 1
/** A disk that takes longer has long been told to be in trouble. */
const endingMs = 10_000

export type CopyStart = { readonly folder: string; readonly state: Int32Array }

type WalCopierOptions = {
  readonly folder: string
  /** Little is left to be copied, unless it failed. */
  readonly done: () => void
}

/** Copying failed beside the thread that writes; `errcode` is SQLite's. */
class CopyFailed extends Error {
  readonly errcode: number

  constructor(errcode: number) {
    super(`Copying the WAL back failed with SQLite's result ${errcode}.`)
    this.errcode = errcode
  }
}

export class WalCopier {
  readonly #options: WalCopierOptions
  readonly #state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  #worker: Worker | undefined

  constructor(options: WalCopierOptions) {
    this.#options = options
  }

  get isCopying(): boolean {
    return Atomics.load(this.#state, phaseAt) === copying
  }

  /** @param inodes of the files that are meant */
  start(inodes: string): void {
    Atomics.store(this.#state, failedAt, 0)
    Atomics.store(this.#state, phaseAt, copying)
    this.#worker ??= this.#open()
    this.#worker.postMessage(inodes, [])
  }

  /** Blocks this thread, which has nothing else to do then. */
  waitForEnd(): void {
    Atomics.wait(this.#state, phaseAt, copying, endingMs)
  }

  /** Of the last copying; told once. */
  takeFailure(): CopyFailed | undefined {
    const result = Atomics.exchange(this.#state, failedAt, 0)
    return result === 0 ? undefined : new CopyFailed(result)
  }

  #open(): Worker {
    const { folder, done } = this.#options
    const workerData: CopyStart = { folder, state: this.#state }
    const worker = startThread({
      file: "wal-copying-thread",
      from: import.meta.url,
      name: "audit-wal",
      workerData,
    })
    worker.on("message", done)
    worker.on("error", () => undefined)
    worker.on("exit", () => this.#lose())
    worker.unref()
    return worker
  }

  /** What it was at is left to the thread that writes. */
  #lose(): void {
    this.#worker = undefined
    if (!this.isCopying) return
    Atomics.store(this.#state, phaseAt, idle)
    this.#options.done()
  }
}
