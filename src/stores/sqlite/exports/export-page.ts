/**
 * One page of an export: the log in its own order, as JSON Lines that can be verified elsewhere, or as events for
 * systems that collect those. What the lines of the first kind hold: domain/audit/export-lines.ts.
 */

import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { toCef } from "../../../domain/audit/formats/cef.ts"
import type { KeptEntry } from "../../../domain/audit/entry.ts"
import { writeEntryLine, writeLine } from "../../../domain/audit/formats/export-lines.ts"
import type { ExportFormat, ExportPage, ExportRequest } from "../../../domain/audit/log.ts"
import { toOcsf } from "../../../domain/audit/formats/ocsf.ts"
import { GatewayError } from "../../../errors.ts"
import { beginPlace, readPlace, writePlace, type ExportPlace } from "./export-place.ts"
import { LogRows, type CheckpointRow, type EntryRow } from "../reading/reader-rows.ts"
import { readKept } from "../reading/reader-entry.ts"
import { isWhole, partOf, restOf, type StreamPart } from "../reading/reader-span.ts"

/** What is written beside the entries, and how an entry is. */
type Writer = {
  readonly entry: (row: EntryRow, version: () => string) => string | undefined
  readonly frame: "self-contained" | "none"
}

export type ExportSource = {
  readonly db: DatabaseSync
  readonly keysFolder: string
}

const pageChars = 512 * 1_024
const entriesAtOnce = 250
const checkpointsAtOnce = 250

/** @throws GatewayError `invalid` for a cursor that is not ours, `conflict` where retention has overtaken it */
export function readExportPage(source: ExportSource, request: ExportRequest): ExportPage {
  const rows = new LogRows(source.db)
  const place = request.cursor === undefined ? beginPlace(rows.streams()) : readPlace(request.cursor)
  const page = new PageBuilder(source, request, place)
  const isDone = page.collect(rows)
  return isDone ? { lines: page.lines } : { lines: page.lines, nextCursor: writePlace(page.place) }
}

class PageBuilder {
  readonly lines: string[] = []
  readonly #source: ExportSource
  readonly #request: ExportRequest
  readonly #writer: Writer
  readonly #versions: Record<number, string> = {}
  #place: ExportPlace
  #chars = 0

  constructor(source: ExportSource, request: ExportRequest, place: ExportPlace) {
    this.#source = source
    this.#request = request
    this.#writer = writerOf(request)
    this.#place = place
  }

  get place(): ExportPlace {
    return this.#place
  }

  get #isFull(): boolean {
    return this.#chars >= pageChars
  }

  /** @returns whether it was the last */
  collect(rows: LogRows): boolean {
    if (this.#request.cursor === undefined) this.#begin()
    for (const stream of rows.streams()) {
      if (stream.id < this.#place.stream || stream.id > this.#place.lastStream) continue
      if (stream.id > this.#place.stream) {
        const asked = this.#place.streams === 0 ? this.#request : restOf(this.#request)
        const part = partOf(this.#source.db, rows, stream, asked)
        if (part === undefined) continue
        this.#beginStream(part)
      }
      if (stream.base_size > this.#place.seq) throw overtaken()
      if (!this.#fillStream(rows)) return false
    }
    this.#end()
    return true
  }

  #begin(): void {
    const history = readFileSync(join(this.#source.keysFolder, "audit.pub"), "utf8")
    this.#frame({ type: "key", history, partial: !isWhole(this.#request) })
  }

  #beginStream({ stream, base, afterMark, upTo, size }: StreamPart): void {
    const { name } = stream
    const frontier = base.frontier.toString("base64")
    this.#frame({ type: "stream", name, base: { size: base.size, head: base.head, frontier } })
    const begun = { stream: stream.id, name, mark: afterMark, seq: base.size, upTo: Math.min(upTo, size) }
    this.#place = { ...this.#place, ...begun, streams: this.#place.streams + 1 }
  }

  /** @returns whether all of it is told */
  #fillStream(rows: LogRows): boolean {
    while (!this.#isFull) {
      const { stream, mark, seq, upTo } = this.#place
      const marks = rows.checkpoints({ stream, after: mark, upTo, limit: checkpointsAtOnce })
      const stop = marks.length === checkpointsAtOnce ? (marks.at(-1)?.size ?? upTo) : upTo
      const entries = rows.entries({ stream, after: seq, upTo: stop, limit: entriesAtOnce })
      if (marks.length === 0 && entries.length === 0) return true
      this.#merge(marks, entries, entries.length < entriesAtOnce ? stop : (entries.at(-1)?.seq ?? stop))
    }
    return false
  }

  #merge(marks: readonly CheckpointRow[], entries: readonly EntryRow[], upTo: number): void {
    const waiting = marks.toReversed()
    const tell = (size: number): void => {
      for (
        let mark = waiting.at(-1);
        mark !== undefined && mark.size <= size && !this.#isFull;
        mark = waiting.at(-1)
      ) {
        waiting.pop()
        this.#addCheckpoint(mark)
      }
    }
    tell(this.#place.seq)
    for (const entry of entries) {
      if (this.#isFull) return
      this.#addEntry(entry)
      tell(entry.seq)
    }
    tell(upTo)
  }

  #addEntry(row: EntryRow): void {
    const line = this.#writer.entry(row, () => this.#versionOf(row.stream))
    if (line !== undefined) this.#add(line)
    this.#place = { ...this.#place, seq: row.seq, entries: this.#place.entries + 1 }
  }

  #addCheckpoint({ size, note }: CheckpointRow): void {
    this.#frame({ type: "checkpoint", stream: this.#place.name, size, note })
    this.#place = { ...this.#place, mark: size, checkpoints: this.#place.checkpoints + 1 }
  }

  #end(): void {
    const { entries, streams, checkpoints } = this.#place
    this.#frame({ type: "end", entries, streams, checkpoints })
  }

  /** Of the gateway that wrote the stream, as its opening says. */
  #versionOf(stream: number): string {
    const opening = "SELECT body ->> '$.detail.version' AS version FROM entries WHERE stream = ? AND seq = 1"
    this.#versions[stream] ??= String(this.#source.db.prepare(opening).get(stream)?.["version"] ?? "unknown")
    return this.#versions[stream]
  }

  #frame(line: Parameters<typeof writeLine>[0]): void {
    if (this.#writer.frame === "self-contained") this.#add(writeLine(line))
  }

  #add(line: string): void {
    this.lines.push(line)
    this.#chars += line.length + 1
  }
}

function writerOf({ format, fromMs = -Infinity, toMs = Infinity }: ExportRequest): Writer {
  if (format === "jsonl") {
    const entry = ({ hash, body }: EntryRow): string =>
      writeEntryLine(Buffer.from(hash).toString("base64url"), body)
    return { frame: "self-contained", entry }
  }
  const write = eventWriters[format]
  return {
    frame: "none",
    entry: (row, version) => {
      const kept = readKept(row, undefined)
      const { timeMs } = kept.entry
      return timeMs >= fromMs && timeMs < toMs ? write(kept, version()) : undefined
    },
  }
}

const eventWriters: Readonly<
  Record<Exclude<ExportFormat, "jsonl">, (kept: KeptEntry, version: string) => string>
> = {
  cef: toCef,
  ocsf: (kept, version) => JSON.stringify(toOcsf(kept, version)),
}

function overtaken(): GatewayError {
  return new GatewayError(
    "conflict",
    "Entries that were still to be exported have been dropped by retention; begin the export anew.",
  )
}
