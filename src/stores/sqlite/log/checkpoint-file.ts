/**
 * `audit/checkpoints`: the signed notes once more, in a file that can be copied elsewhere and be compared with the log
 * later. It may be behind the table of checkpoints after a crash, and its last note may be torn; both are mended here.
 */

import { appendFileSync, closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { fileNote } from "../../../domain/audit/checkpoint.ts"
import type { SyncMode } from "./log-database.ts"

/** Holds the last notes, which are a few hundred bytes each. */
const tailBytes = 64 * 1024
const mostMended = 1_000
/** The last line of a whole note and the empty line after it, of which each character is a byte. */
const noteEnd = /\n\xe2\x80\x94 [^\n]+\n\n/g

export type CheckpointFile = { readonly folder: string; readonly sync: SyncMode }

export function appendNotes(file: CheckpointFile, notes: readonly string[]): void {
  if (notes.length === 0) return
  withFile(file, "a", (fd) => {
    appendFileSync(fd, notes.map(fileNote).join(""))
    if (file.sync === "power") fsyncSync(fd)
  })
}

/**
 * Cuts off a torn note and adds those that the table has and the file has not.
 *
 * @returns the last note that was in the file
 */
export function mendFile(file: CheckpointFile, db: DatabaseSync): string | undefined {
  const last = withFile(file, "a+", cutTorn)
  appendNotes(file, notesAfter(db, last))
  return last
}

function cutTorn(fd: number): string | undefined {
  const { size } = fstatSync(fd)
  const bytes = Buffer.alloc(Math.min(size, tailBytes))
  const begin = size - bytes.length
  readSync(fd, bytes, 0, bytes.length, begin)
  const ends = [...bytes.toString("latin1").matchAll(noteEnd)].map(({ index, 0: found }) => index + found.length)
  const end = ends.at(-1) ?? 0
  const isKnown = end > 0 || begin === 0
  if (isKnown && end < bytes.length) ftruncateSync(fd, begin + end)
  // Without the empty line that ends it in the file.
  return end > 0 ? bytes.toString("utf8", ends.at(-2) ?? 0, end - 1) : undefined
}

function notesAfter(db: DatabaseSync, last: string | undefined): readonly string[] {
  const newest = db.prepare("SELECT note FROM checkpoints ORDER BY stream DESC, size DESC LIMIT ?")
  const notes: string[] = []
  for (const { note } of newest.iterate(last === undefined ? 1 : mostMended) as Iterable<{ note: string }>) {
    if (note === last) break
    notes.unshift(note)
  }
  return notes
}

function withFile<T>({ folder }: CheckpointFile, flags: string, work: (fd: number) => T): T {
  const fd = openSync(join(folder, "checkpoints"), flags, 0o600)
  try {
    return work(fd)
  } finally {
    closeSync(fd)
  }
}
