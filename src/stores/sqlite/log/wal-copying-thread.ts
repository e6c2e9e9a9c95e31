/**
 * The thread that copies the WAL back into the database beside the one that writes, which goes on meanwhile: each pass
 * copies what was written during the one before, until little is left. The rest is copied by the thread that writes
 * (wal-copier.ts), for only then can the WAL begin anew.
 */

import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import { copyWalBack, inodesOf, logFile } from "./log-database.ts"
import { failedAt, idle, phaseAt, type CopyStart } from "./wal-copier.ts"

/** A megabyte, which takes as long as a few groups. */
const fewPages = 256

const { folder, state } = workerData as CopyStart

parentPort?.on("message", (inodes: string) => {
  try {
    copy(inodes)
  } catch (thrown) {
    Atomics.store(state, failedAt, resultOf(thrown))
  }
  Atomics.store(state, phaseAt, idle)
  Atomics.notify(state, phaseAt)
  parentPort?.postMessage("done", [])
})

/** A connection for each time: one that stayed would hold on to a file that was replaced. */
function copy(inodes: string): void {
  const path = join(folder, logFile)
  using db = new DatabaseSync(`${pathToFileURL(path).href}?mode=rw`, { timeout: 0 })
  // Nothing of ours may come into the file of another; whoever writes finds that out, too.
  if (inodesOf(folder) === inodes) copyUntilFew(db)
}

function copyUntilFew(db: DatabaseSync): void {
  let copied = 0
  let [before, last] = [Infinity, Infinity]
  // Where the disk is slower than what comes, no pass would be the last.
  do {
    before = last
    const upTo = copyWalBack(db)
    last = upTo - copied
    copied = upTo
  } while (last > fewPages && last < before / 2)
}

/** SQLite's number; 1, which says nothing, for what is not of SQLite. */
function resultOf(thrown: unknown): number {
  const { errcode } = thrown as { readonly errcode?: unknown }
  return typeof errcode === "number" ? errcode : 1
}
