/**
 * The workers: as many as there are to be, each replaced when it is lost, and the connections given to them in turn. A
 * connection that comes while no worker is up waits for one.
 */

import type { Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../../errors.ts"
import { backoffMs } from "../../../fleet/links/backoff.ts"
import type { Log } from "../../../log.ts"
import type { RunningWorker } from "./running-worker.ts"

export type CrewOptions = {
  readonly size: number
  /** @param number of all that were ever started */
  readonly start: (number: number) => RunningWorker
  readonly log: Log
}

/** A worker that lasted so long was well: the next one is started at once. */
const wellMs = 10_000
const maxWaiting = 1_024
const waitMs = 10_000
/** How long the last answers may take on their way, and the processes to end. */
const flushMs = 2_000

export class Crew {
  readonly #options: CrewOptions
  readonly #all = new Set<RunningWorker>()
  readonly #waiting = new Set<Socket>()
  readonly #stopping = new AbortController()
  #up: RunningWorker[] = []
  #turn = 0
  #started = 0
  #failures = 0
  #rolling: Promise<void> = Promise.resolve()

  constructor(options: CrewOptions) {
    this.#options = options
  }

  get counts(): { readonly up: number; readonly of: number } {
    return { up: this.#up.length, of: this.#options.size }
  }

  /** Resolves when all are up. @throws GatewayError `internal` */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.size }, () => this.#employ()))
  }

  give(connection: Socket): void {
    const worker = this.#up[(this.#turn = (this.#turn + 1) % Math.max(1, this.#up.length))]
    if (worker) worker.give(connection, () => this.give(connection))
    else if (connection.destroyed) return
    else this.#wait(connection)
  }

  /** Puts a new worker in the place of each; the old ones end with their connections. */
  roll(): Promise<void> {
    const rolled = this.#rolling.then(() => this.#roll())
    this.#rolling = rolled.catch(() => {})
    return rolled
  }

  /** No more calls: those that come are the owner's to refuse. */
  stop(): void {
    this.#stopping.abort()
    for (const connection of this.#waiting) connection.destroy()
    for (const worker of this.#all) worker.command("stop")
  }

  /** Resolves when no worker has a call open, or their time is over. */
  async drained(graceMs: number): Promise<void> {
    const over = sleep(graceMs, undefined, { ref: false })
    await Promise.race([over, Promise.all([...this.#all].map(({ idle }) => idle))])
  }

  /** Lets the last answers out, and ends all. */
  async finish(): Promise<void> {
    this.#stopping.abort()
    for (const worker of this.#all) worker.command("finish")
    const ended = Promise.all([...this.#all].map((worker) => worker.ended))
    const late = setTimeout(() => this.#all.forEach((worker) => worker.kill()), flushMs)
    await ended
    clearTimeout(late)
  }

  async #employ(): Promise<void> {
    const worker = this.#options.start(++this.#started)
    const sinceMs = performance.now()
    this.#all.add(worker)
    void worker.ended.then(() => this.#left(worker, performance.now() - sinceMs))
    await worker.up.catch((cause: unknown) => {
      throw new GatewayError("internal", "A worker could not be started; the log says why.", { cause })
    })
    if (this.#stopping.signal.aborted) return
    this.#up.push(worker)
    for (const connection of this.#waiting) {
      this.#waiting.delete(connection)
      this.give(connection)
    }
  }

  #left(worker: RunningWorker, lastedMs: number): void {
    this.#all.delete(worker)
    if (!this.#retire(worker) || this.#stopping.signal.aborted) return
    this.#options.log.error({ pid: worker.pid }, "A worker was lost; its open calls are closed in the record.")
    if (lastedMs > wellMs) this.#failures = 0
    void this.#replace()
  }

  async #replace(): Promise<void> {
    const { signal } = this.#stopping
    const attempt = this.#failures++
    if (attempt > 0) await sleep(backoffMs(attempt - 1, {}, Math.random), undefined, { ref: false })
    if (signal.aborted) return
    await this.#employ().catch((thrown: unknown) => {
      if (signal.aborted) return
      this.#options.log.error({ err: GatewayError.from(thrown).cause }, "A worker could not be started.")
      void this.#replace()
    })
  }

  async #roll(): Promise<void> {
    const before = [...this.#up]
    for (const worker of this.#all) if (!before.includes(worker)) worker.kill()
    for (const worker of before) {
      // One that was lost meanwhile has been replaced already.
      if (this.#stopping.signal.aborted || !this.#up.includes(worker)) continue
      await this.#employ()
      const [oldest = worker] = this.#up.length > this.#options.size ? this.#up : []
      if (this.#retire(oldest)) oldest.command("drain")
    }
  }

  /** @returns whether it was among those that are given connections */
  #retire(worker: RunningWorker): boolean {
    const wasUp = this.#up.includes(worker)
    this.#up = this.#up.filter((one) => one !== worker)
    return wasUp
  }

  #wait(connection: Socket): void {
    if (this.#stopping.signal.aborted || this.#waiting.size >= maxWaiting) return void connection.destroy()
    this.#waiting.add(connection)
    const late = setTimeout(() => this.#waiting.delete(connection) && connection.destroy(), waitMs)
    late.unref()
  }
}
