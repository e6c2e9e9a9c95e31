/** What can be said of one entry, given the one before it. */

import { hash } from "node:crypto"
import { bodyOf, hashOf, toText } from "../chain.ts"
import { DamageFound } from "./damage-found.ts"
import { entrySchema, type Entry } from "../entry.ts"

/** As it is kept: `stream` and `seq` are those of its row. */
export type EntryRow = {
  readonly stream: string
  readonly seq: number
  readonly body: string
  readonly hash: Buffer
  /** What else of the row disagrees with the body, in words: found by who reads it. */
  readonly columns?: string | undefined
  /** The redacted copy, while it is kept. */
  readonly copy?: string | undefined
}

/** @param next the number that comes next in the stream @throws DamageFound */
export function checkPlace(row: EntryRow, next: number): void {
  if (row.seq > next) {
    const gone = row.seq - 1 === next ? `Entry ${next} is gone.` : `Entries ${next} to ${row.seq - 1} are gone.`
    throw new DamageFound("missing", { stream: row.stream, seq: next }, gone)
  }
  if (row.seq < next) {
    throw new DamageFound("misplaced", row, `Entry ${row.seq} comes again or too late, where ${next} should be.`)
  }
}

/** @param previous the hash of the entry before @throws DamageFound */
export function readEntry(row: EntryRow, previous: string): Entry {
  if (!hashOf(row.body).equals(row.hash)) {
    throw new DamageFound("altered", row, `The content of entry ${row.seq} is not what was hashed.`)
  }
  const entry = parse(row)
  if (entry.stream !== row.stream || entry.seq !== row.seq) {
    const place = `entry ${entry.seq} of stream ${entry.stream}`
    throw new DamageFound("misplaced", row, `In the place of entry ${row.seq} stands ${place}.`)
  }
  if (row.columns !== undefined) {
    throw new DamageFound(
      "altered_index",
      row,
      `Entry ${row.seq} is found under what it does not say: ${row.columns}.`,
    )
  }
  if (entry.previous !== previous) {
    throw new DamageFound("broken_chain", row, `Entry ${row.seq} does not follow from the entry before it.`)
  }
  checkCopy(row, entry)
  return entry
}

/** The one spelling of it only: else two readers could see two entries in one text. */
function parse(row: EntryRow): Entry {
  const read = entrySchema.safeParse(parseJson(row.body))
  if (!read.success || bodyOf(read.data) !== row.body) {
    throw new DamageFound(
      "unreadable",
      row,
      `What stands as entry ${row.seq} is not an entry in its canonical form.`,
    )
  }
  return read.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkCopy(row: EntryRow, entry: Entry): void {
  if (row.copy === undefined || toText(hash("sha256", row.copy, "buffer")) === entry.copy) return
  throw new DamageFound(
    "altered_copy",
    row,
    `The redacted copy beside entry ${row.seq} is not the one it was kept with.`,
  )
}
