/** Where a stream ends: what its next entry is chained to. Read from the tables at a start and after trouble. */

import type { DatabaseSync } from "node:sqlite"
import { toText } from "../../../domain/audit/chain.ts"
import { readCheckpoint } from "../../../domain/audit/checkpoint.ts"
import { Frontier } from "../../../domain/audit/merkle.ts"

export type Tail = {
  readonly streamId: number
  readonly stream: string
  /** Of the last entry. */
  readonly seq: number
  /** Its hash, in base64url. */
  readonly head: string
  /** Over all entries of the stream; grows with them. */
  readonly frontier: Frontier
}

type StreamRow = { id: number; name: string; base_size: number; base_head: string; base_frontier: Uint8Array }
type CheckpointRow = { size: number; frontier: Uint8Array }
type HashRow = { seq: number; hash: Uint8Array }

/** Of the stream that was begun last; undefined where the log is new. */
export function readTail(db: DatabaseSync): Tail | undefined {
  const stream = db.prepare("SELECT * FROM streams ORDER BY id DESC LIMIT 1").get() as StreamRow | undefined
  if (stream === undefined) return undefined
  const { seq, hash } = lastEntry(db, stream.id)
  const { size, frontier } = knownFrontier(db, stream, seq)
  const added = db.prepare("SELECT seq, hash FROM entries WHERE stream = ? AND seq > ? ORDER BY seq")
  for (const row of added.iterate(stream.id, size)) frontier.add(Buffer.from((row as HashRow).hash))
  const head = hash ? toText(Buffer.from(hash)) : stream.base_head
  return { streamId: stream.id, stream: stream.name, seq: Math.max(seq, stream.base_size), head, frontier }
}

/** Of a stream that is not yet in the tables. */
export function emptyTail(streamId: number, stream: string): Tail {
  return { streamId, stream, seq: 0, head: "", frontier: Frontier.empty() }
}

/** The text that a note of our own signs. */
export function checkpointIn(note: string): ReturnType<typeof readCheckpoint> {
  return readCheckpoint(note.slice(0, note.lastIndexOf("\n\n") + 1))
}

function lastEntry(db: DatabaseSync, streamId: number): { seq: number; hash?: Uint8Array } {
  const row = db.prepare("SELECT seq, hash FROM entries WHERE stream = ? ORDER BY seq DESC LIMIT 1").get(streamId)
  return (row as HashRow | undefined) ?? { seq: 0 }
}

function knownFrontier(db: DatabaseSync, stream: StreamRow, seq: number): { size: number; frontier: Frontier } {
  const latest = db.prepare(
    "SELECT size, frontier FROM checkpoints WHERE stream = ? AND size BETWEEN ? AND ? ORDER BY size DESC LIMIT 1",
  )
  const row = latest.get(stream.id, stream.base_size, Math.max(seq, stream.base_size)) as CheckpointRow | undefined
  const { size, bytes } = row
    ? { size: row.size, bytes: row.frontier }
    : { size: stream.base_size, bytes: stream.base_frontier }
  return { size, frontier: Frontier.read(size, Buffer.from(bytes)) }
}
