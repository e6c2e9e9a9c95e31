/** The calls that have a `start` on record and no `end` yet, of all streams: what a crash would leave unclosed. */

import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../../../domain/audit/entry.ts"

export type OpenCall = {
  /** Of the `start`, in the table of entries. */
  readonly id: number
  /** Of its arguments. */
  readonly bytesIn: number
}

type StartRow = { id: number; kind: string; call: string; bytes: number | null }
type MarkRow = { stream: number; size: number; open: string }

const startColumns =
  "id, body ->> '$.kind' AS kind, body ->> '$.callId' AS call, body ->> '$.arguments.bytes' AS bytes"

export class OpenCalls {
  readonly #calls = new Map<string, OpenCall>()

  /** From the last checkpoint, which lists those that were open then, and the entries after it. */
  static read(db: DatabaseSync): OpenCalls {
    const open = new OpenCalls()
    const last = "SELECT stream, size, open FROM checkpoints ORDER BY stream DESC, size DESC LIMIT 1"
    const mark = (db.prepare(last).get() as MarkRow | undefined) ?? { stream: 0, size: 0, open: "[]" }
    const listed = db.prepare(`SELECT ${startColumns} FROM entries WHERE id = ?`)
    for (const id of JSON.parse(mark.open) as number[]) open.#follow(listed.get(id))
    const inStream = db.prepare(`SELECT ${startColumns} FROM entries WHERE stream = ? AND seq > ? ORDER BY seq`)
    for (const row of inStream.iterate(mark.stream, mark.size)) open.#follow(row)
    const later = db.prepare(`SELECT ${startColumns} FROM entries WHERE stream > ? ORDER BY stream, seq`)
    for (const row of later.iterate(mark.stream)) open.#follow(row)
    return open
  }

  /** @returns the call that an `end` closes */
  track(entry: Entry, id: number): OpenCall | undefined {
    const { callId, kind } = entry
    if (callId === undefined || (kind !== "start" && kind !== "end")) return undefined
    const open = this.#calls.get(callId)
    if (kind === "end") this.#calls.delete(callId)
    else this.#calls.set(callId, { id, bytesIn: entry.arguments?.bytes ?? 0 })
    return open
  }

  entries(): readonly (readonly [callId: string, call: OpenCall])[] {
    return [...this.#calls]
  }

  /** As it is kept with a checkpoint. */
  toText(): string {
    return JSON.stringify(Array.from(this.#calls.values(), ({ id }) => id))
  }

  #follow(found: unknown): void {
    const row = found as StartRow | undefined
    if (!row || row.call === null) return
    if (row.kind === "start") this.#calls.set(row.call, { id: row.id, bytesIn: row.bytes ?? 0 })
    if (row.kind === "end") this.#calls.delete(row.call)
  }
}
