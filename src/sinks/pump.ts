/**
 * Serves one sink: reads what comes after its position, sends it, and only then moves the position. A sink that is down
 * is tried again for ever, with growing pauses. What is read at a time: batch.ts.
 */

import { setTimeout as wait } from "node:timers/promises"
import { firstBatch, keyOf, pageSize, type Batch, type SinkEntry } from "./batch.ts"
import type { Positions } from "./positions.ts"
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
  }

  async #run(): Promise<void> {
    const step = this.#steps()
    while (!this.#closing.signal.aborted && !this.#isStopped) {
      try {
        const hadWork = await step()
        if (!hadWork) await this.#sleep()
      } catch (thrown) {
        await this.#fail(thrown)
      }
    }
  }

  /** The first of them looks whether the position is one in this log. */
  #steps(): () => Promise<boolean> {
    let isChecked = false
    return async () => {
      if (!isChecked) await this.#checkPosition()
      isChecked = true
      return this.#step()
    }
  }

  /** A new sink begins with the oldest entry there is; one that knows another log begins anew. */
  async #checkPosition(): Promise<void> {
    const { entries, positions } = this.#options
    const position = positions.get(this.name)
    if (position === undefined) return this.#begin()
    const { id, key } = position
    if (key === "") return
    const [found] = await entries.after(id - 1, 1)
    if (found !== undefined && (found.id > id || keyOf(found) === key)) return
    await this.#begin()
    this.#tell("The log is another one than was sent so far; it is sent from its beginning.")
  }

  async #begin(): Promise<void> {
    const { entries, positions } = this.#options
    const [first] = await entries.after(0, 1)
    positions.set(this.name, { id: (first?.id ?? 1) - 1, key: "" })
  }

  /** Whether there was anything to do. */
  async #step(): Promise<boolean> {
    this.#isAwake = false
    const { entries, positions, sink, version, now } = this.#options
    const id = positions.get(this.name)?.id ?? 0
    const page = await entries.after(id, pageSize)
    if (this.#closing.signal.aborted) return false
    const batch = firstBatch(page, { after: id, format: sink.format, version, nowMs: now() })
    if (batch !== undefined) await this.#deliver(batch)
    const sent = await this.#deliverCheckpoints()
    return batch !== undefined || sent
  }

  async #deliver(batch: Batch): Promise<void> {
    if (batch.lost > 0) this.#tell(`Retention dropped ${batch.lost} entries before they could be delivered.`)
    await this.#options.sink.send(batch.items, this.#abandoned.signal)
    this.#options.positions.set(this.name, batch.position)
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
