/**
 * Serves one sink: reads what comes after its position, sends it, and only then moves the position. A sink that is down
 * is tried again for ever, with growing pauses. What is read at a time: batch.ts. How far it is: progress.ts.
 */

import { setTimeout as wait } from "node:timers/promises"
import { firstBatch, pageSize, type Batch, type SinkEntry } from "./batch.ts"
import type { Positions } from "./positions.ts"
import { isInLog, Progress } from "./progress.ts"
import { SinkError, type Sink, type SinkName } from "./sink.ts"

export type EntrySource = {
  /** In the order of ids, which have no gaps but where retention dropped the oldest. */
  after(id: number, limit: number): Promise<readonly SinkEntry[]>
}

export type PumpOptions = {
  readonly name: SinkName
  readonly sink: Sink
  readonly entries: EntrySource
  readonly positions: Positions
  readonly version: string
  readonly now: () => number
  readonly random: () => number
  readonly onTrouble: (sink: SinkName, message: string | undefined) => void
}

type Reading = { readonly after: number; readonly page: readonly SinkEntry[] }

const firstPauseMs = 1_000
const longestPauseMs = 60_000
const longestRetryAfterMs = 3_600_000
/** What was on its way when the gateway stops gets this long. */
const lingerMs = 2_000
/** Streams whose newest checkpoint waits; older ones say nothing more. */
const mostCheckpoints = 16

export class Pump {
  readonly name: SinkName
  readonly #options: PumpOptions
  readonly #progress: Progress
  readonly #closing = new AbortController()
  readonly #abandoned = new AbortController()
  /** By the first line of the note, which names the stream. */
  readonly #checkpoints = new Map<string, string>()
  #running: Promise<void> = Promise.resolve()
  #isAwake = true
  #rouse: (() => void) | undefined
  #failures = 0
  #isStopped = false

  constructor(options: PumpOptions) {
    this.name = options.name
    this.#options = options
    this.#progress = new Progress(options)
  }

  /** Whether the receiver wants no more. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  start(): void {
    this.#running = this.#run()
  }

  wake(): void {
    this.#isAwake = true
    this.#rouse?.()
  }

  takeCheckpoint(note: string): void {
    if (this.#options.sink.sendCheckpoint === undefined) return
    const origin = note.slice(0, note.indexOf("\n"))
    this.#checkpoints.delete(origin)
    this.#checkpoints.set(origin, note)
    const [oldest = ""] = this.#checkpoints.keys()
    if (this.#checkpoints.size > mostCheckpoints) this.#checkpoints.delete(oldest)
    this.wake()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#rouse?.()
    const late = setTimeout(() => this.#abandoned.abort(), lingerMs)
    await this.#running
    clearTimeout(late)
    await this.#options.sink.close()
    this.#progress.settle()
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted && !this.#isStopped) {
      try {
        const hadWork = await this.#step()
        if (!hadWork) await this.#sleep()
      } catch (thrown) {
        await this.#fail(thrown)
      }
    }
  }

  /** Whether there was anything to do. */
  async #step(): Promise<boolean> {
    this.#isAwake = false
    const { sink, version, now } = this.#options
    const { after, page } = await this.#read()
    if (this.#closing.signal.aborted) return false
    const batch = firstBatch(page, { after, format: sink.format, version, nowMs: now() })
    if (batch !== undefined) await this.#deliver(batch)
    const sent = await this.#deliverCheckpoints()
    return batch !== undefined || sent
  }

  /** What comes next. The log may have been replaced at any time, so each reading begins with what was sent last. */
  async #read(): Promise<Reading> {
    const { position } = this.#progress
    if (position === undefined) return this.#begin()
    const found = await this.#options.entries.after(position.id - 1, pageSize + 1)
    if (isInLog(position, found[0])) {
      return { after: position.id, page: found.filter(({ id }) => id > position.id) }
    }
    this.#tell("The log is another one than was sent so far; it is sent from its beginning.")
    return this.#begin()
  }

  /** With the oldest entry there is. */
  async #begin(): Promise<Reading> {
    const page = await this.#options.entries.after(0, pageSize)
    const after = (page[0]?.id ?? 1) - 1
    this.#progress.begin({ id: after, key: "" })
    return { after, page }
  }

  async #deliver(batch: Batch): Promise<void> {
    if (batch.lost > 0) this.#tell(`Retention dropped ${batch.lost} entries before they could be delivered.`)
    await this.#options.sink.send(batch.items, this.#abandoned.signal)
    this.#progress.sent(batch.position)
    this.#recover()
  }

  async #deliverCheckpoints(): Promise<boolean> {
    for (const [origin, note] of this.#checkpoints) {
      if (this.#closing.signal.aborted) return false
      await this.#options.sink.sendCheckpoint?.(note, this.#abandoned.signal)
      if (this.#checkpoints.get(origin) === note) this.#checkpoints.delete(origin)
      this.#recover()
      return true
    }
    return false
  }

  #recover(): void {
    this.#failures = 0
    this.#tell(undefined)
  }

  async #fail(thrown: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return
    const error =
      thrown instanceof SinkError ? thrown : new SinkError("The log could not be read.", { cause: thrown })
    if (this.#failures === 0 || error.isFinal) this.#tell(error.message)
    this.#failures += 1
    this.#isStopped = error.isFinal
    if (!error.isFinal) await this.#pause(error.retryAfterMs ?? 0)
  }

  /** Full jitter: many gateways do not come back at once. */
  async #pause(leastMs: number): Promise<void> {
    const ceilingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 10))
    const ms = Math.max(Math.min(leastMs, longestRetryAfterMs), this.#options.random() * ceilingMs)
    await wait(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined)
  }

  async #sleep(): Promise<void> {
    if (this.#isAwake || this.#closing.signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#rouse = resolve
    })
    this.#rouse = undefined
  }

  #told: string | undefined

  /** Once for as long as it lasts. */
  #tell(message: string | undefined): void {
    if (message === undefined && this.#told === undefined) return
    this.#told = message
    this.#options.onTrouble(this.name, message)
  }
}
