/**
 * The history while the gateway runs: records one revision after the other, begins a new file when the newest is full,
 * drops old ones, and reads them. How it is opened: open-history.ts.
 */

import { rm } from "node:fs/promises"
import { join } from "node:path"
import type {
  History,
  JsonObject,
  Revision,
  RevisionDraft,
  RevisionFilter,
  RevisionPage,
  WholeRecord,
  Work,
} from "../../domain/changes/history.ts"
import { GatewayError } from "../../errors.ts"
import { failpoint } from "../../failpoint.ts"
import { dropped, type Head } from "./heads.ts"
import type { LineBody } from "./lines.ts"
import type { HistoryOptions } from "./open-history.ts"
import { fits } from "./revision-filter.ts"
import {
  applyTo,
  baseLines,
  revisionsIn,
  toLine,
  toShown,
  toWhole,
  type SealedRevision,
  type Services,
} from "./revisions.ts"
import { checkSuccession, nameOf, readSegment, type Segment } from "./segment.ts"
import { SegmentWriter } from "./segment-writer.ts"

type Opened = {
  readonly writer: SegmentWriter
  readonly heads: readonly Head[]
  readonly segment: Segment
  readonly services: Services
}

/** A file is full with so much behind its beginning; more where that itself is large. */
const fullBytes = 1_024 * 1_024
/** Of what one revision changes, as JSON. */
const maxLength = 16 * 1_024 * 1_024
/** Of one page, so that a search for what is rare comes to an end. */
const maxFilesRead = 8
const maxRevisionsRead = 1_000

export class JsonlHistory implements History {
  readonly #options: HistoryOptions
  readonly #services: Services
  #writer: SegmentWriter
  #heads: readonly Head[]
  #baseBytes: number
  #last: number
  /** What became of the last revision, where that could not be written yet. */
  #owed: readonly LineBody[] = []
  #open: SealedRevision | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: HistoryOptions, { writer, heads, segment, services }: Opened) {
    this.#options = options
    this.#services = services
    this.#writer = writer
    this.#heads = heads
    this.#baseBytes = segment.baseBytes
    this.#last = segment.last
    const newest = revisionsIn(segment.lines).at(-1)
    this.#open = newest?.outcome === "open" ? newest : undefined
  }

  head(): number {
    return this.#last
  }

  oldest(): number {
    return this.#heads[0]?.first ?? 1
  }

  services(): ReadonlyMap<string, JsonObject> {
    return this.#services
  }

  /** Of which nobody knows what became, since the process ended in the middle of it. */
  unsettled(): Revision<WholeRecord> | undefined {
    const first = this.#heads.at(-1)?.first ?? 1
    return this.#open && toWhole(this.#options.sealer, first, this.#open)
  }

  /** Of the one that is {@link unsettled}. */
  settle(done: readonly number[]): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.unsettled()
      if (open) await this.#settle(open.number, open.changes, done)
    })
  }

  record(draft: () => RevisionDraft | undefined, work?: Work): Promise<number | undefined> {
    return this.#inTurn(async () => {
      const drafted = draft()
      if (!drafted) return undefined
      if (this.#isClosed) throw new GatewayError("internal", "The history is closed.")
      if (JSON.stringify(drafted.changes).length > maxLength) throw tooLarge()
      await this.#rotate()
      const number = this.#last + 1
      const line = toLine(this.#options.sealer, number, drafted)
      await this.#writer.appendDurably(...this.#owed, line)
      this.#owed = []
      this.#last = number
      failpoint("history.begun")
      await this.#work(number, drafted, work)
      return number
    })
  }

  page(
    filter: RevisionFilter,
    { below, limit }: { readonly below: number; readonly limit: number },
  ): Promise<RevisionPage> {
    return this.#inTurn(async () => {
      const found: Revision[] = []
      const heads = this.#heads.filter(({ first }) => first < below).toReversed()
      for (const { first } of heads.slice(0, maxFilesRead)) {
        const { lines } = await this.#read(first)
        for (const revision of revisionsIn(lines).toReversed()) {
          if (revision.number >= below || !fits(revision, filter)) continue
          if (found.length === limit) return { revisions: found, below: found.at(-1)?.number ?? 0 }
          found.push(toShown(revision))
        }
      }
      const unread = heads[maxFilesRead - 1]
      return { revisions: found, ...(heads.length > maxFilesRead && unread && { below: unread.first }) }
    })
  }

  between(from: number, to: number): Promise<readonly Revision<WholeRecord>[]> {
    return this.#inTurn(async () => {
      if (from < this.oldest() - 1 || to > this.#last) throw this.#notKept()
      if (to - from > maxRevisionsRead) throw tooMany()
      const found: Revision<WholeRecord>[] = []
      for (const [at, { first }] of this.#heads.entries()) {
        const next = this.#heads[at + 1]?.first ?? Number.POSITIVE_INFINITY
        if (next <= from + 1 || first > to) continue
        const wanted = revisionsIn((await this.#read(first)).lines).filter(
          ({ number }) => number > from && number <= to,
        )
        found.push(...wanted.map((revision) => toWhole(this.#options.sealer, first, revision)))
      }
      return found
    })
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => (this.#isClosed = true))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #work(number: number, { changes }: RevisionDraft, work: Work | undefined): Promise<void> {
    try {
      await work?.apply()
      failpoint("history.applied")
      await this.#settle(number, changes, [...changes.keys()])
    } catch (thrown) {
      await this.#settle(number, changes, (await work?.done().catch(() => [])) ?? [])
      throw thrown
    }
  }

  async #settle(number: number, changes: readonly WholeRecord[], done: readonly number[]): Promise<void> {
    this.#open = undefined
    applyTo(this.#services, { changes, done })
    const outcome = { kind: "outcome", number, done } as const
    await this.#writer.append(outcome).catch(() => (this.#owed = [outcome]))
  }

  async #rotate(): Promise<void> {
    if (this.#owed.length > 0 || !this.#isDue()) return
    const { folder, sealer, now } = this.#options
    const head = { first: this.#last + 1, atMs: now(), previous: this.#writer.end.digest }
    const lines = baseLines(sealer, { ...head, services: this.#services })
    const writer = await SegmentWriter.create(folder, head.first, lines, head.previous)
    const full = this.#writer
    this.#heads = [
      ...this.#heads.map((one, at, { length }) => (at === length - 1 ? { ...one, bytes: full.end.bytes } : one)),
      { ...head, bytes: writer.end.bytes },
    ]
    this.#writer = writer
    this.#baseBytes = writer.end.bytes
    await this.drop()
  }

  /** Full, or so old that what stands at its beginning should soon go. */
  #isDue(): boolean {
    const { keep, steady } = this.#options
    const { first = 1, atMs = 0 } = this.#heads.at(-1) ?? {}
    if (first > this.#last) return false
    if (keep.maxAgeMs > 0 && steady() - atMs > keep.maxAgeMs / 4) return true
    return this.#writer.end.bytes - this.#baseBytes >= Math.max(fullBytes, this.#baseBytes)
  }

  /** Removes what is not kept any more. What cannot be removed now is the next time. */
  async drop(): Promise<void> {
    const { folder, keep, steady } = this.#options
    for (const head of dropped(this.#heads, { last: this.#last, nowMs: steady() }, keep)) {
      const isGone = await rm(join(folder, nameOf(head.first)), { force: true }).then(
        () => true,
        () => false,
      )
      if (!isGone) return
      this.#heads = this.#heads.filter((kept) => kept !== head)
    }
  }

  async #read(first: number): Promise<Segment> {
    const segment = await readSegment(this.#options.folder, first)
    const next = this.#heads[this.#heads.findIndex((head) => head.first === first) + 1]
    if (next) checkSuccession(first, segment, next)
    return segment
  }

  #notKept(): GatewayError {
    const text = `Revisions ${this.oldest()} to ${this.#last} are kept (history.keep, history.keepDays, history.bytes); name those.`
    return new GatewayError("not_found", text, { next: { operation: "config_history" } })
  }
}

function tooLarge(): GatewayError {
  return new GatewayError("too_large", `One revision may have ${maxLength / 1_048_576} MiB; change less at once.`)
}

function tooMany(): GatewayError {
  return new GatewayError("too_large", `At most ${maxRevisionsRead} revisions are read at once; go in steps.`)
}
