/**
 * Signs what a stream holds: a row in the table of checkpoints, in the transaction of the entries it covers or in one
 * of its own, and then a note in the file of checkpoints.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import { noPrevious, noteDigest, writeCheckpoint } from "../../../domain/audit/checkpoint.ts"
import type { Signer } from "../../../domain/audit/signed-note.ts"
import { failpoint } from "../../../failpoint.ts"
import { appendNotes, type CheckpointFile } from "./checkpoint-file.ts"
import { checkpointIn, type Tail } from "./log-tail.ts"

export type Checkpointed = { readonly size: number; readonly timeMs: number; readonly note: string }

type Mark = { readonly tail: Tail; readonly open: string; readonly timeMs: number; readonly ending?: "final" }
type LatestRow = { stream: number; size: number; time: number; note: string }

// A stream that crashed right at a checkpoint has its final one in that one's place.
const insert = `INSERT INTO checkpoints (stream, size, time, note, frontier, open) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET time = excluded.time, note = excluded.note, open = excluded.open`

export class Checkpoints {
  readonly #file: CheckpointFile
  readonly #insert: StatementSync
  /** The log's last one, of whatever stream. */
  #latest: (Checkpointed & { readonly streamId: number }) | undefined
  #unfiled: string[] = []

  constructor(db: DatabaseSync, file: CheckpointFile) {
    this.#file = file
    this.#insert = db.prepare(insert)
    const latest = db.prepare("SELECT stream, size, time, note FROM checkpoints ORDER BY stream DESC, size DESC")
    const row = latest.get() as LatestRow | undefined
    if (row) this.#latest = { streamId: row.stream, size: row.size, timeMs: row.time, note: row.note }
  }

  /** The last one of a stream. */
  of({ streamId }: Tail): Checkpointed | undefined {
    return this.#latest?.streamId === streamId ? this.#latest : undefined
  }

  /** To be called in a transaction; `file` when that is committed. */
  sign(signer: Signer, { tail, open, timeMs, ending }: Mark): void {
    failpoint("audit.checkpoint.before")
    const text = writeCheckpoint({
      log: signer.name,
      stream: tail.stream,
      size: tail.seq,
      root: tail.frontier.root(),
      head: tail.head,
      timeMs,
      previous: this.#replace(tail),
      final: ending === "final",
    })
    const note = signer.sign(text)
    this.#insert.run(tail.streamId, tail.seq, timeMs, note, tail.frontier.write(), open)
    this.#latest = { streamId: tail.streamId, size: tail.seq, timeMs, note }
    this.#unfiled.push(note)
  }

  file(): void {
    if (this.#unfiled.length === 0) return
    appendNotes(this.#file, this.#unfiled)
    this.#unfiled = []
    failpoint("audit.checkpoint.after")
  }

  /** @returns what the next one names as the one before it */
  #replace(tail: Tail): string {
    const latest = this.#latest
    if (latest === undefined) return noPrevious
    if (latest.streamId !== tail.streamId || latest.size !== tail.seq) return noteDigest(latest.note)
    this.#unfiled = this.#unfiled.filter((note) => note !== latest.note)
    return checkpointIn(latest.note).previous
  }
}
