/** How a reader opens the log beside the thread that writes it: read-only, and never for long. */

import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { logFile } from "../log/log-database.ts"

const busyTimeoutMs = 1_000
const pragmas = `
PRAGMA query_only = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA cache_size = -16384;
`

/** @param folder DATA/audit. Throws the driver's error. */
export function openReadOnly(folder: string): DatabaseSync {
  return prepared(new DatabaseSync(join(folder, logFile), { readOnly: true, timeout: busyTimeoutMs }))
}

/** @throws what SQLite says of a file that is no database */
export function prepared(db: DatabaseSync): DatabaseSync {
  try {
    db.exec(pragmas)
    db.prepare("SELECT count(*) FROM sqlite_schema").get()
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/** All statements within see the log at one instant. Keep it short: what the writer adds meanwhile stays in the WAL. */
export function readAtOnce<T>(db: DatabaseSync, read: () => T): T {
  db.exec("BEGIN")
  try {
    return read()
  } finally {
    db.exec("COMMIT")
  }
}
