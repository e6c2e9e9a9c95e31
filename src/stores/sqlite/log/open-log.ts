/**
 * The log as the thread that writes it holds it: its tables and the end of its current stream. When anything fails,
 * all of this is thrown away and read anew from the disk (recovery.ts); nothing is mended in memory.
 */

import { hash } from "node:crypto"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { bodyOf, hashOf, toText } from "../../../domain/audit/chain.ts"
import type { Entry, EntryDraft } from "../../../domain/audit/entry.ts"
import type { Signer } from "../../../domain/audit/signed-note.ts"
import type { FramedEntry } from "../handover/batch-frame.ts"
import { Checkpoints, type Checkpointed } from "./checkpointing.ts"
import { copyText } from "./kept-copy.ts"
import { Indexing } from "./indexing.ts"
import { Moved, Overtaken } from "./database-trouble.ts"
import { emptyWal, inodesOf, type SyncMode } from "./log-database.ts"
import type { PayloadDigests } from "./payload-digests.ts"
import { emptyTail, readTail, type Tail } from "./log-tail.ts"
import { OpenCalls } from "./open-calls.ts"
import { UsageRows } from "../usage/usage-rows.ts"

const entriesPerCheckpoint = 1_000

const insertEntry = "INSERT INTO entries (id, stream, seq, hash, body) VALUES (?, ?, ?, ?, ?)"

/** Where the log is and what it is signed and digested with. */
export type LogPlace = {
  readonly folder: string
  readonly sync: SyncMode
  readonly version: string
  readonly digests: PayloadDigests
  signer: Signer
}

type Parts = Pick<FramedEntry, "arguments" | "result" | "keep">

export class OpenLog {
  readonly db: DatabaseSync
  readonly place: LogPlace
  readonly openCalls: OpenCalls
  /** Of the files that are written. */
  readonly inodes: string
  readonly #checkpoints: Checkpoints
  readonly #indexing: Indexing
  readonly #usage: UsageRows
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #insertEntry: StatementSync
  readonly #insertCopy: StatementSync
  readonly #insertStream: StatementSync
  readonly #lastStream: StatementSync
  #tail: Tail | undefined
  #lastId: number
  #bodyBytes = 0

  constructor(db: DatabaseSync, place: LogPlace) {
    this.db = db
    this.place = place
    this.openCalls = OpenCalls.read(db)
    this.#checkpoints = new Checkpoints(db, place)
    this.#indexing = new Indexing(db)
    this.#usage = new UsageRows(db)
    this.#begin = db.prepare("BEGIN IMMEDIATE")
    this.#commit = db.prepare("COMMIT")
    this.#insertEntry = db.prepare(insertEntry)
    this.#insertCopy = db.prepare("INSERT INTO copies (stream, seq, body) VALUES (?, ?, ?)")
    this.#insertStream = db.prepare("INSERT INTO streams (name) VALUES (?)")
    this.#lastStream = db.prepare("SELECT max(id) AS id FROM streams")
    this.#tail = readTail(db)
    this.#lastId = Number(db.prepare("SELECT coalesce(max(id), 0) AS id FROM entries").get()?.["id"])
    this.inodes = inodesOf(place.folder)
  }

  /** Undefined before the first stream. */
  get tail(): Tail | undefined {
    return this.#tail
  }

  /** Of all that was appended, about: entries and copies. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  get checkpoint(): Checkpointed | undefined {
    return this.#tail && this.#checkpoints.of(this.#tail)
  }

  /** What is appended in it is on record when it returns. When it throws, this log is of no more use. */
  transaction(work: () => void): void {
    this.#begin.run()
    if (this.#tail && this.#lastStream.get()?.["id"] !== this.#tail.streamId) throw new Overtaken()
    work()
    this.#usage.write()
    if (!this.#isInPlace) throw new Moved()
    this.#commit.run()
  }

  /** After trouble, of which nothing is mended here. */
  leave(): void {
    try {
      if (!this.#isInPlace) this.#rescue()
    } finally {
      this.db.close()
    }
  }

  beginStream(name: string): void {
    this.#tail = emptyTail(Number(this.#insertStream.run(name).lastInsertRowid), name)
  }

  /** To be called in a transaction. */
  append(draft: EntryDraft, parts: Parts = {}): void {
    const before = this.#current()
    const copy = parts.keep && copyText(parts, parts.keep)
    const entry = { ...draft, ...this.#sizes(parts), ...(copy !== undefined && { copy: digestOf(copy) }) }
    const tail = this.#insert({ ...entry, stream: before.stream, seq: before.seq + 1, previous: before.head })
    if (copy !== undefined) this.#keep(tail, copy)
    if (tail.seq - (this.checkpoint?.size ?? 0) >= entriesPerCheckpoint) this.sign(draft.timeMs)
  }

  /** Indexes and sums of usage, which readers make up for until then. To be called in a transaction. */
  catchUp(): void {
    this.#indexing.indexTo(this.#lastId)
    this.#usage.fold()
  }

  /** To be called when nobody waits for the log. */
  catchUpSome(): void {
    if (this.#indexing.isDue(this.#lastId)) this.transaction(() => this.#indexing.indexTo(this.#lastId))
    if (this.#usage.isDue) this.transaction(() => this.#usage.fold())
  }

  /** To be called in a transaction; nothing where nothing is new. */
  sign(timeMs: number, ending?: "final"): void {
    const tail = this.#current()
    if (ending === undefined && tail.seq === this.checkpoint?.size) return
    this.#checkpoints.sign(this.place.signer, {
      tail,
      open: this.openCalls.toText(),
      timeMs,
      ...(ending && { ending }),
    })
  }

  /** To be called when the transaction of what was signed is committed. */
  fileCheckpoints(): void {
    this.#checkpoints.file()
  }

  /** Whether what is written is still found where the log is. */
  get #isInPlace(): boolean {
    return inodesOf(this.place.folder) === this.inodes
  }

  /** What is on record must not be lost with a WAL that is deleted, nor be taken for that of another file. */
  #rescue(): void {
    if (this.db.isTransaction) this.db.exec("ROLLBACK")
    emptyWal(this.db)
  }

  #current(): Tail {
    if (this.#tail === undefined) throw new Error("The log has no stream yet.")
    return this.#tail
  }

  #insert(entry: Entry): Tail {
    const { streamId, stream, frontier } = this.#current()
    const { seq } = entry
    const body = bodyOf(entry)
    const leaf = hashOf(body)
    this.#lastId += 1
    this.#insertEntry.run(this.#lastId, streamId, seq, leaf, body)
    this.#bodyBytes += body.length
    frontier.add(leaf)
    const closed = this.openCalls.track(entry, this.#lastId)
    this.#usage.count(entry, closed?.bytesIn ?? 0)
    this.#tail = { streamId, stream, seq, head: toText(leaf), frontier }
    return this.#tail
  }

  #keep({ streamId, seq }: Tail, copy: string): void {
    this.#insertCopy.run(streamId, seq, copy)
    this.#bodyBytes += copy.length
  }

  #sizes({ arguments: args, result }: Parts): Pick<Entry, "arguments" | "result"> {
    const { digests } = this.place
    return { ...(args && { arguments: digests.of(args) }), ...(result && { result: digests.of(result) }) }
  }
}

function digestOf(copy: string): string {
  return hash("sha256", copy, "base64url")
}
