/** An entry as it is shown, from the row that keeps it. */

import type { DatabaseSync } from "node:sqlite"
import { entrySchema, type Entry, type KeptEntry } from "../../../domain/audit/entry.ts"
import { GatewayError } from "../../../errors.ts"

/** The columns that say where it stands and what it is. */
export type KeptRow = {
  readonly stream: number
  readonly seq: number
  readonly hash: Uint8Array
  readonly body: string
}

/** @throws GatewayError `internal` for what is no entry: that is damage, which only a verification can name */
export function readKept({ body, hash, seq }: KeptRow, copy: string | undefined): KeptEntry {
  const shown = { entry: readBody(body, seq), hash: Buffer.from(hash).toString("base64url") }
  return copy === undefined ? shown : { ...shown, copy }
}

export function copyReader(db: DatabaseSync): (row: Pick<KeptRow, "stream" | "seq">) => string | undefined {
  const statement = db.prepare("SELECT body FROM copies WHERE stream = ? AND seq = ?")
  return ({ stream, seq }) => statement.get(stream, seq)?.["body"] as string | undefined
}

function readBody(body: string, seq: number): Entry {
  try {
    return entrySchema.parse(JSON.parse(body))
  } catch (cause) {
    const message = `Entry ${seq} of the audit log cannot be read, so the log was damaged; audit_verify says where.`
    throw new GatewayError("internal", message, { cause, next: { operation: "audit_verify" } })
  }
}

const batchChars = 4 * 1_024 * 1_024

/** In the order in which they were recorded. A batch may hold fewer than asked for; it is empty only at the end. */
export function entriesAfter(
  db: DatabaseSync,
  id: number,
  limit: number,
): readonly { readonly id: number; readonly kept: KeptEntry }[] {
  const rows = db.prepare("SELECT id, stream, seq, hash, body FROM entries WHERE id > ? ORDER BY id LIMIT ?")
  const copyOf = copyReader(db)
  const found: { id: number; kept: KeptEntry }[] = []
  let chars = 0
  for (const row of rows.iterate(id, limit) as Iterable<KeptRow & { readonly id: number }>) {
    found.push({ id: row.id, kept: readKept(row, copyOf(row)) })
    chars += row.body.length
    if (chars > batchChars) break
  }
  return found
}
