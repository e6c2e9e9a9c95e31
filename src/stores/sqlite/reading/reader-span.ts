/**
 * Which part of each stream a span of time covers: from the last checkpoint before it to the first one after it, so that
 * all of the part can be verified.
 */

import type { DatabaseSync } from "node:sqlite"
import { GatewayError } from "../../../errors.ts"
import { checkpointIn } from "../log/log-tail.ts"
import type { TimeRange } from "../../../domain/audit/log.ts"
import type { StreamBase } from "../../../domain/audit/verification/verify-stream.ts"
import type { CheckpointRow, LogRows, StreamRow } from "./reader-rows.ts"

export type StreamPart = {
  readonly stream: StreamRow
  readonly base: StreamBase
  /** Checkpoints of this size and below are left out. */
  readonly afterMark: number
  /** The last entry of the part; beyond all there are where the stream itself is the end. */
  readonly upTo: number
  /** Entries of the stream that were there. */
  readonly size: number
}

const noEnd = Number.MAX_SAFE_INTEGER

export function isWhole({ fromMs, toMs }: TimeRange): boolean {
  return fromMs === undefined && toMs === undefined
}

/** What is asked of the streams after the first that is in the range: their beginnings, even if a clock was set back. */
export function restOf({ toMs }: TimeRange): TimeRange {
  return toMs === undefined ? {} : { toMs }
}

/** Undefined where nothing of the stream is in the range. */
export function partOf(
  db: DatabaseSync,
  rows: LogRows,
  stream: StreamRow,
  range: TimeRange,
): StreamPart | undefined {
  const size = rows.size(stream)
  if (isWhole(range)) return { stream, base: ownBase(stream), afterMark: 0, upTo: noEnd, size }
  if (range.toMs !== undefined && !beginsBefore(db, stream, range.toMs)) return undefined
  const { fromMs, toMs } = range
  const from = fromMs === undefined ? undefined : lastBefore(db, stream, fromMs)
  const to = toMs === undefined ? undefined : firstFrom(db, stream, toMs)
  const base = from === undefined || from.size < stream.base_size ? ownBase(stream) : baseAt(from)
  const upTo = to?.size ?? noEnd
  return Math.min(upTo, size) > base.size ? { stream, base, afterMark: base.size - 1, upTo, size } : undefined
}

function ownBase({ base_size: size, base_head: head, base_frontier: frontier }: StreamRow): StreamBase {
  return { size, head, frontier: Buffer.from(frontier) }
}

/** What the note does not hold is found by the verification, which reads it after. */
function baseAt({ size, note, frontier }: CheckpointRow): StreamBase {
  return { size, head: headIn(note), frontier: Buffer.from(frontier) }
}

function headIn(note: string): string {
  try {
    return checkpointIn(note).head
  } catch (thrown) {
    if (thrown instanceof GatewayError) return ""
    throw thrown
  }
}

function beginsBefore(db: DatabaseSync, { id }: StreamRow, ms: number): boolean {
  const first = db
    .prepare("SELECT body ->> '$.timeMs' AS time FROM entries WHERE stream = ? ORDER BY seq LIMIT 1")
    .get(id)
  return first !== undefined && Number(first["time"]) < ms
}

function lastBefore(db: DatabaseSync, stream: StreamRow, ms: number): CheckpointRow | undefined {
  const after = firstSizeFrom(db, stream, ms + 1)
  const before = "SELECT * FROM checkpoints WHERE stream = ? AND size < ? ORDER BY size DESC LIMIT 1"
  return db.prepare(before).get(stream.id, after) as CheckpointRow | undefined
}

function firstFrom(db: DatabaseSync, stream: StreamRow, ms: number): CheckpointRow | undefined {
  const size = firstSizeFrom(db, stream, ms)
  const found = "SELECT * FROM checkpoints WHERE stream = ? AND size = ?"
  return db.prepare(found).get(stream.id, size) as CheckpointRow | undefined
}

/**
 * The size of the first checkpoint of this time or later, by halving: there may be a million of them, and they are in
 * the order of their sizes. Where the clock was set back, it is one of those that might be meant.
 */
function firstSizeFrom(db: DatabaseSync, { id }: StreamRow, ms: number): number {
  const next = db.prepare(
    "SELECT size, time FROM checkpoints WHERE stream = ? AND size >= ? ORDER BY size LIMIT 1",
  )
  const last = db.prepare("SELECT max(size) AS size FROM checkpoints WHERE stream = ?").get(id)
  let [low, high] = [0, Number(last?.["size"] ?? 0) + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const found = next.get(id, middle) as { size: number; time: number } | undefined
    if (found === undefined || found.time >= ms) high = middle
    else low = found.size + 1
  }
  const found = next.get(id, low) as { size: number } | undefined
  return found?.size ?? low
}
