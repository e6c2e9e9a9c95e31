/** Opens `audit/log.db` for the one thread that writes it, and copies its WAL back. */

import { closeSync, existsSync, openSync, statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { findTables, makeTables } from "../schema.ts"

/** What "on record" survives: the end of the process, or the loss of power. */
export type SyncMode = "process" | "power"

export const logFile = "log.db"
const largeWalBytes = 16 * 1024 * 1024

/** @throws what the file system or SQLite throws; GatewayError `invalid` for a file of another format */
export function openDatabase(folder: string, sync: SyncMode): DatabaseSync {
  const path = join(folder, logFile)
  // One that is there is never opened beside SQLite: closing it again would lift the locks of this whole process.
  if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600))
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    const found = findTables(db)
    db.exec(`
      PRAGMA secure_delete = ON;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${sync === "power" ? "FULL" : "NORMAL"};
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -16384;
    `)
    if (found === "none") {
      makeTables(db)
      // On the disk before anything is built on them: a WAL that is lost does not take them along.
      emptyWal(db)
    }
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/**
 * Without waiting for anyone: what a reader still needs stays for the next time.
 *
 * @returns how many of the WAL's pages are copied by now
 */
export function copyWalBack(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get()?.["checkpointed"])
}

/** Everything in the WAL is written to the database and synced anew. @returns whether no reader stood in the way */
export function emptyWal(db: DatabaseSync): boolean {
  return db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0
}

/** Tells the files at the log's place, which are there from the first reading on, from others or none. */
export function inodesOf(folder: string): string {
  return [logFile, `${logFile}-wal`]
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.ino)
    .join("/")
}

export function walIsLarge(folder: string): boolean {
  return (statSync(join(folder, `${logFile}-wal`), { throwIfNoEntry: false })?.size ?? 0) > largeWalBytes
}
