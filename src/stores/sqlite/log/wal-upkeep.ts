/**
 * Keeps the WAL small: SQLite would copy it back in the middle of a commit, here it is done between groups. How much is
 * in it is a guess, since SQLite does not say.
 */

import { copyWalBack, emptyWal, walIsLarge } from "./log-database.ts"
import type { OpenLog } from "./open-log.ts"

/** The last page of the entries, of their key and of what was used. */
const commitBytes = 12 * 1024
/** With its share of the indexes. */
const entryBytes = 2 * 1024
const mostBytes = 8 * 1024 * 1024

export class WalUpkeep {
  #bytes = 0
  #seq = 0

  committed(log: OpenLog): void {
    const seq = log.tail?.seq ?? 0
    this.#bytes += commitBytes + Math.max(0, seq - this.#seq) * entryBytes
    this.#seq = seq
    if (this.#bytes < mostBytes) return
    this.#bytes = 0
    copyWalBack(log.db)
  }

  /** At a time of rest: what a reader still needs stays for the next. */
  shrink(log: OpenLog): void {
    if (walIsLarge(log.place.folder)) emptyWal(log.db)
  }
}
