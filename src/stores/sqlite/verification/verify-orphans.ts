/** Rows that no stream and no entry accounts for: what was moved there, or lost what it belonged to. */

import type { DatabaseSync } from "node:sqlite"
import type { Damage } from "../../../domain/audit/verdict.ts"

type Place = { readonly stream: number; readonly seq: number }

export function findOrphan(db: DatabaseSync): Damage | undefined {
  return (
    lostRows(db, "entries", "seq") ??
    lostRows(db, "checkpoints", "size") ??
    lostCopy(db) ??
    movedStream(db) ??
    lostFound(db)
  )
}

function lostFound(db: DatabaseSync): Damage | undefined {
  const stray =
    "SELECT id FROM found_by WHERE NOT EXISTS (SELECT 1 FROM entries WHERE entries.id = found_by.id) LIMIT 1"
  const found = db.prepare(stray).get()
  if (found === undefined) return undefined
  const message = `There is a row to find an entry by, ${String(found["id"])}, which is not there.`
  return { stream: "", seq: 0, kind: "altered_index", message }
}

function lostRows(db: DatabaseSync, table: string, column: string): Damage | undefined {
  const lost = firstRows(db, table, column).find(({ stream }) => nameOf(db, stream) === undefined)
  if (lost === undefined) return undefined
  const message = `There are ${table} of a stream that is not there.`
  return { stream: `#${lost.stream}`, seq: lost.seq, kind: "missing_stream", message }
}

/** Of each stream, found by stepping from one to the next. */
function firstRows(db: DatabaseSync, table: string, column: string): readonly Place[] {
  const next = db.prepare(
    `SELECT stream, ${column} AS seq FROM ${table} WHERE stream > ? ORDER BY stream, ${column} LIMIT 1`,
  )
  const found: Place[] = []
  for (let place = next.get(Number.MIN_SAFE_INTEGER); place; place = next.get(found.at(-1)?.stream ?? 0)) {
    found.push(place as Place)
  }
  return found
}

/** Asked after the rows were seen: a stream that has begun meanwhile is there by then. */
function nameOf(db: DatabaseSync, stream: number): string | undefined {
  return db.prepare("SELECT name FROM streams WHERE id = ?").get(stream)?.["name"] as string | undefined
}

function lostCopy(db: DatabaseSync): Damage | undefined {
  const stray = `SELECT stream, seq FROM copies WHERE NOT EXISTS (
    SELECT 1 FROM entries WHERE entries.stream = copies.stream AND entries.seq = copies.seq) LIMIT 1`
  const copy = db.prepare(stray).get() as Place | undefined
  if (copy === undefined) return undefined
  const message = `A redacted copy is kept for entry ${copy.seq}, which is not there.`
  const stream = nameOf(db, copy.stream) ?? `#${copy.stream}`
  return { stream, seq: copy.seq, kind: "altered_copy", message }
}

/** Each entry, dropped or not, has had the next id: so those of a stream follow from the sizes of those before. */
function movedStream(db: DatabaseSync): Damage | undefined {
  const moved = `SELECT s.name, e.seq FROM (
    SELECT name, base_size, id AS stream, coalesce(sum(size) OVER
      (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS due
    FROM (SELECT id, name, base_size, max(base_size, coalesce(
      (SELECT max(seq) FROM entries WHERE entries.stream = streams.id), 0)) AS size FROM streams)
  ) s JOIN entries e ON e.stream = s.stream AND e.seq = s.base_size + 1
    WHERE e.id - e.seq <> s.due ORDER BY s.stream LIMIT 1`
  const found = db.prepare(moved).get()
  if (found === undefined) return undefined
  const message = `The entries of the stream are kept under ids that do not follow from those of the streams before.`
  return { stream: String(found["name"]), seq: Number(found["seq"]), kind: "altered_index", message }
}
