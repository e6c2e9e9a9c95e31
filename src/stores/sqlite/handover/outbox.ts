/**
 * What waits to be recorded: the batch that is being filled, those that are full, and those that are out at the thread.
 * All callers of a batch share its promise.
 */

import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { Payloads } from "../../../domain/audit/log.ts"
import { BatchFrame, bytesOf } from "./batch-frame.ts"

/** While it is at the thread the next one grows, which makes for fewer commits: more at once was slower. */
const mostOut = 1
const mostEntries = 65_536
const mostBytes = 256 * 1024 * 1024
/** A batch that is full goes out by itself, so that the thread answers often, however much waits. */
const fullEntries = 2_048
const fullBytes = 8 * 1024 * 1024

type Batch = {
  readonly frame: BatchFrame
  readonly drafts: EntryDraft[]
  readonly settled: PromiseWithResolvers<void>
  bytes: number
}

type BatchOut = Batch & { readonly id: number; readonly sinceMs: number }

export class Outbox {
  #filling = emptyBatch()
  readonly #full: Batch[] = []
  readonly #out: BatchOut[] = []
  #lastId = 0
  #entries = 0
  #bytes = 0

  /** Undefined where too much waits already. */
  add(draft: EntryDraft, payloads: Payloads | undefined): Promise<void> | undefined {
    const text = JSON.stringify(draft)
    const bytes = text.length + bytesOf(payloads?.arguments) + bytesOf(payloads?.result)
    if (this.#entries >= mostEntries || this.#bytes + bytes > mostBytes) return undefined
    const batch = this.#filling
    batch.frame.add(text, payloads)
    batch.drafts.push(draft)
    batch.bytes += bytes
    this.#entries += 1
    this.#bytes += bytes
    if (batch.drafts.length >= fullEntries || batch.bytes >= fullBytes) this.#endBatch()
    return batch.settled.promise
  }

  /** Whether there is a batch, and room for it at the thread. */
  get isReady(): boolean {
    return this.hasBatch && this.#out.length < mostOut
  }

  get hasBatch(): boolean {
    return this.#full.length > 0 || this.#filling.drafts.length > 0
  }

  /** Whether the most of the room is free again. */
  get hasRoom(): boolean {
    return this.#entries < mostEntries / 2 && this.#bytes < mostBytes / 2
  }

  /** Since when the oldest batch is out, by the clock that `takeBatch` was given. */
  get outSinceMs(): number | undefined {
    return this.#out[0]?.sinceMs
  }

  /** @param sinceMs of any clock that does not jump */
  takeBatch(sinceMs: number): { readonly id: number; readonly frame: ArrayBuffer } {
    if (this.#full.length === 0) this.#endBatch()
    const batch = this.#full.shift() ?? emptyBatch()
    this.#lastId += 1
    this.#out.push({ ...batch, id: this.#lastId, sinceMs })
    return { id: this.#lastId, frame: batch.frame.take() }
  }

  /** This batch and those before it are on record. */
  recorded(id: number): void {
    for (let [first] = this.#out; first !== undefined && first.id <= id; [first] = this.#out) {
      this.#out.shift()
      this.#entries -= first.drafts.length
      this.#bytes -= first.bytes
      first.settled.resolve()
    }
  }

  /** Everything that waits. @returns what it was */
  refuse(error: Error): readonly EntryDraft[] {
    this.#endBatch()
    const batches = [...this.#out.splice(0), ...this.#full.splice(0)]
    this.#entries = 0
    this.#bytes = 0
    for (const { settled } of batches) settled.reject(error)
    return batches.flatMap(({ drafts }) => drafts)
  }

  #endBatch(): void {
    this.#full.push(this.#filling)
    this.#filling = emptyBatch()
  }
}

function emptyBatch(): Batch {
  const settled = Promise.withResolvers<void>()
  // Nobody may be waiting, when all of it are notes.
  settled.promise.catch(() => undefined)
  return { frame: new BatchFrame(), drafts: [], settled, bytes: 0 }
}
