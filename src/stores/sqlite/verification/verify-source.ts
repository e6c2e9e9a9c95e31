/**
 * The log on disk as what a verification is fed. What the tables say beside the signed texts is compared here: columns,
 * and the calls that a checkpoint lists as open. The rest is judged in domain/audit/verify.ts.
 *
 * In each stream the checkpoints are read before the entries that they cover: the log may be written meanwhile.
 */

import type { DatabaseSync } from "node:sqlite"
import type { TimeRange } from "../../../domain/audit/log.ts"
import type { VerifyItem } from "../../../domain/audit/verification/verify.ts"
import { LogRows, type CheckpointRow } from "../reading/reader-rows.ts"
import { isWhole, partOf, restOf, type StreamPart } from "../reading/reader-span.ts"
import { disagreement, readSaid } from "./verify-columns.ts"
import { VerifyMarks } from "./verify-marks.ts"

const entriesAtOnce = 1_000
const checkpointsAtOnce = 200

/** What was read may not fit together, as when retention drops what was about to be read: begin anew. */
export class LogChanged extends Error {}

type Source = { readonly rows: LogRows; readonly marks: VerifyMarks }

/** @throws DamageFound, LogChanged */
export function* readLog(db: DatabaseSync, range: TimeRange): Generator<VerifyItem, void> {
  const rows = new LogRows(db)
  const streams = rows.streams()
  const source: Source = { rows, marks: new VerifyMarks(isWhole(range) ? "whole" : "range") }
  let asked = range
  for (const stream of streams) {
    const part = partOf(db, rows, stream, asked)
    if (part === undefined) continue
    asked = restOf(range)
    yield* readPart(source, part)
  }
}

function* readPart(source: Source, part: StreamPart): Generator<VerifyItem, void> {
  const { stream, base, afterMark: firstMark, upTo } = part
  yield { type: "stream", name: stream.name, base }
  source.marks.begin(base.size)
  let [afterMark, after] = [firstMark, base.size]
  for (;;) {
    const section = { stream: stream.id, after: afterMark, upTo, limit: checkpointsAtOnce }
    const marks = source.rows.checkpoints(section)
    const last = marks.length === checkpointsAtOnce ? marks.at(-1) : undefined
    yield* merge(source, part, { marks, after, upTo: last?.size ?? upTo })
    if (last === undefined) break
    ;[afterMark, after] = [last.size, Math.max(after, last.size)]
  }
}

type Stretch = { readonly marks: readonly CheckpointRow[]; readonly after: number; readonly upTo: number }

function* merge(source: Source, part: StreamPart, stretch: Stretch): Generator<VerifyItem, void> {
  const { stream } = part
  const waiting = stretch.marks.toReversed()
  let reached = stretch.after
  const due = function* (size: number): Generator<VerifyItem, void> {
    for (let mark = waiting.at(-1); mark !== undefined && mark.size <= size; mark = waiting.at(-1)) {
      waiting.pop()
      yield { type: "checkpoint", stream: stream.name, size: mark.size, note: mark.note }
      if (mark.size <= reached) source.marks.check(stream, mark)
    }
  }
  yield* due(stretch.after)
  for (const entry of readEntries(source, part, stretch)) {
    yield entry
    reached = entry.seq
    yield* due(reached)
  }
  yield* due(stretch.upTo)
}

type EntryItem = Extract<VerifyItem, { readonly type: "entry" }>

function* readEntries(source: Source, part: StreamPart, { after, upTo }: Stretch): Generator<EntryItem, void> {
  const { stream } = part
  let seq = after
  for (;;) {
    const section = { stream: stream.id, after: seq, upTo, limit: entriesAtOnce }
    const chunk = source.rows.foundEntries(section)
    const last = chunk.at(-1)
    if (chunk[0]?.seq !== seq + 1) requireBase(source, part)
    if (seq === part.base.size) source.marks.settle(chunk[0], chunk[1])
    const copies = copiesOf(source, { ...section, upTo: last?.seq ?? upTo })
    for (const row of chunk) {
      const said = readSaid(row.body)
      const columns = disagreement(row, said, source.marks.follow(row, said))
      const { seq, body } = row
      const beside = { columns, copy: copies.get(seq) }
      yield { type: "entry", stream: stream.name, seq, body, hash: Buffer.from(row.hash), ...beside }
    }
    if (last === undefined || chunk.length < entriesAtOnce) break
    seq = last.seq
  }
}

function copiesOf(
  { rows }: Source,
  section: { readonly stream: number; readonly after: number; readonly upTo: number },
): ReadonlyMap<number, string> {
  const found = rows.copies({ ...section, limit: entriesAtOnce })
  return new Map(found.map(({ seq, body }) => [seq, body]))
}

/** Entries that are not there are damage, unless retention was faster than this. */
function requireBase({ rows }: Source, { stream }: StreamPart): void {
  if (rows.stream(stream.id)?.base_size !== stream.base_size) throw new LogChanged()
}
