/** The entries of a gateway's audit log, read from its file beside whoever writes it. */

import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Entry } from "../../src/domain/audit/entry.ts"

/** In the order of writing. */
export function readEntries(data: string): readonly Entry[] {
  const db = new DatabaseSync(join(data, "audit/log.db"), { readOnly: true, timeout: 5_000 })
  try {
    return db
      .prepare("SELECT body FROM entries ORDER BY id")
      .all()
      .map(({ body }) => JSON.parse(String(body)) as Entry)
  } finally {
    db.close()
  }
}

/** By trace id. */
export function byTrace(entries: readonly Entry[], kind: Entry["kind"]): ReadonlyMap<string, Entry> {
  return new Map(
    entries.flatMap((entry) =>
      entry.kind === kind && entry.traceId !== undefined ? [[entry.traceId, entry] as const] : [],
    ),
  )
}
