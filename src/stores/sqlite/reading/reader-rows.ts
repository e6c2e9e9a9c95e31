/**
 * The log in its own order, piece by piece: streams, and of each its checkpoints and entries. Every piece is a statement
 * of its own, so that no reader, however long it takes, keeps the WAL from being copied back.
 */

import type { DatabaseSync } from "node:sqlite"

export type StreamRow = {
  readonly id: number
  readonly name: string
  readonly base_size: number
  readonly base_head: string
  readonly base_frontier: Uint8Array
}

export type EntryRow = {
  readonly id: number
  readonly stream: number
  readonly seq: number
  readonly hash: Uint8Array
  readonly body: string
}

/** What an entry is found by: nulls where it is not indexed. */
export type FoundRow = EntryRow & {
  /** Entries up to this one are indexed. */
  readonly indexedId: number
  readonly time: number | null
  readonly kind: string | null
  readonly call: string | null
  readonly principal: string | null
  readonly service: string | null
  readonly target: string | null
  readonly outcome: string | null
}

export type CheckpointRow = {
  readonly size: number
  readonly time: number
  readonly note: string
  readonly frontier: Uint8Array
  readonly open: string
}

export type CopyRow = { readonly seq: number; readonly body: string }

/** After one place and up to another, both by seq or size; the latter included. */
export type Section = {
  readonly stream: number
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

export class LogRows {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  streams(): readonly StreamRow[] {
    return this.#db.prepare("SELECT * FROM streams ORDER BY id").all() as unknown as StreamRow[]
  }

  stream(id: number): StreamRow | undefined {
    return this.#db.prepare("SELECT * FROM streams WHERE id = ?").get(id) as StreamRow | undefined
  }

  entries(section: Section): readonly EntryRow[] {
    return this.#section("entries", "seq", section) as unknown as EntryRow[]
  }

  foundEntries(section: Section): readonly FoundRow[] {
    const indexed = "(SELECT *, (SELECT coalesce(max(id), 0) FROM found_by) AS indexedId FROM entries)"
    return this.#section(`${indexed} LEFT JOIN found_by USING (id)`, "seq", section) as unknown as FoundRow[]
  }

  checkpoints(section: Section): readonly CheckpointRow[] {
    return this.#section("checkpoints", "size", section) as unknown as CheckpointRow[]
  }

  copies(section: Section): readonly CopyRow[] {
    return this.#section("copies", "seq", section) as unknown as CopyRow[]
  }

  /** The size of the stream as far as its entries tell. */
  size({ id, base_size: base }: StreamRow): number {
    const last = this.#db.prepare("SELECT max(seq) AS seq FROM entries WHERE stream = ?").get(id)
    return Math.max(Number(last?.["seq"] ?? 0), base)
  }

  #section(table: string, place: string, { stream, after, upTo, limit }: Section): unknown[] {
    const text = `SELECT * FROM ${table} WHERE stream = ? AND ${place} > ? AND ${place} <= ? ORDER BY ${place} LIMIT ?`
    return this.#db.prepare(text).all(stream, after, upTo, limit)
  }
}
