/**
 * The columns by which entries are found, and their indexes. An index has a page for each principal, service and tool,
 * and each page that a commit touches is written whole: so entries are indexed some hundreds at a time, when nobody waits
 * for them any more. Readers look through those that are not indexed yet (foundLater), so all are found at any moment.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import { foundColumns, foundLater } from "../schema.ts"

/** More at once is cheaper, and keeps what comes next waiting longer. */
const entriesAtOnce = 512

export class Indexing {
  readonly #insert: StatementSync
  #indexedId: number

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(`INSERT INTO found_by (${foundColumns}) ${foundLater}`)
    this.#indexedId = Number(db.prepare("SELECT coalesce(max(id), 0) AS id FROM found_by").get()?.["id"])
  }

  /** @param lastId of the entries */
  isDue(lastId: number): boolean {
    return lastId - this.#indexedId >= entriesAtOnce
  }

  /** All that is not yet. To be called in a transaction. */
  indexTo(lastId: number): void {
    if (lastId > this.#indexedId) this.#insert.run()
    this.#indexedId = lastId
  }
}
