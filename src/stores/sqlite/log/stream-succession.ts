/**
 * How one stream follows another: the old one, which a crash may have left open, gets its final checkpoint as it is
 * found, and the opening of the new one names it. One that was found shorter than it was known to be is told there, too.
 */

import type { DatabaseSync } from "node:sqlite"
import { checkpointIn, type Tail } from "./log-tail.ts"
import type { OpenLog } from "./open-log.ts"

export type Succession = {
  readonly newStream: string
  readonly nowMs: number
  /** How the old stream is known to have been longer; empty where it is whole. */
  readonly lost: Readonly<Record<string, string | number>>
}

/** To be called in a transaction. */
export function succeed(log: OpenLog, { newStream, nowMs, lost }: Succession): void {
  const old = log.tail
  if (old && old.seq > 0 && !isOver(log)) log.sign(nowMs, "final")
  log.beginStream(newStream)
  const previous = old && { previousStream: old.stream, previousSize: old.seq, previousHash: old.head }
  log.append({ kind: "opening", timeMs: nowMs, detail: { version: log.place.version, ...previous, ...lost } })
}

/** Whether the stream has its final checkpoint. */
export function isOver(log: OpenLog): boolean {
  const checkpoint = log.checkpoint
  return checkpoint !== undefined && checkpointIn(checkpoint.note).final
}

/** What the last note in the file of checkpoints covers and the tables do not hold, as after a loss of power. */
export function lostSince(db: DatabaseSync, tail: Tail | undefined, note: string | undefined): Succession["lost"] {
  const known = note === undefined ? undefined : readNote(note)
  if (known === undefined) return {}
  const { stream, size } = known
  if (stream === tail?.stream) return size > tail.seq ? { lost: size - tail.seq } : {}
  const isThere = db.prepare("SELECT 1 FROM streams WHERE name = ?").get(stream) !== undefined
  return isThere ? {} : { lost: size, lostStream: stream }
}

function readNote(note: string): ReturnType<typeof checkpointIn> | undefined {
  try {
    return checkpointIn(note)
  } catch {
    // The file is only a copy; what of it is no checkpoint is found by a verification.
    return undefined
  }
}
