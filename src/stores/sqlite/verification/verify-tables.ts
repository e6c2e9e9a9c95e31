/**
 * Whether the tables and indexes are those that this version makes, and hold the same rows: who queries the log goes
 * through indexes that a verification does not read.
 */

import { DatabaseSync } from "node:sqlite"
import type { Damage } from "../../../domain/audit/verdict.ts"
import { makeTables } from "../schema.ts"

export function findAlteredTables(db: DatabaseSync): Damage | undefined {
  return alteredSchema(db) ?? brokenPages(db)
}

function alteredSchema(db: DatabaseSync): Damage | undefined {
  using fresh = new DatabaseSync(":memory:")
  makeTables(fresh)
  const [expected, actual] = [schemaOf(fresh), schemaOf(db)]
  const names = [...new Set([...expected.keys(), ...actual.keys()])]
  const altered = names.find((name) => expected.get(name) !== actual.get(name))
  if (altered === undefined) return undefined
  const what = !expected.has(altered) ? "was added" : !actual.has(altered) ? "is gone" : "was changed"
  return damage("altered_index", `The ${altered} of the log's database ${what}.`)
}

/** By type and name, what it is of and the words it was made with. */
function schemaOf(db: DatabaseSync): ReadonlyMap<string, string> {
  const rows = db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all()
  return new Map(
    rows.map(({ type, name, tbl_name, sql }) => [
      `${String(type)} ${String(name)}`,
      JSON.stringify([tbl_name, sql]),
    ]),
  )
}

/** Each row stands in each index, and nothing else does. */
function brokenPages(db: DatabaseSync): Damage | undefined {
  const found = String(db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"])
  if (found === "ok") return undefined
  const kind = /\b(index|row|value)\b/i.test(found) ? "altered_index" : "unreadable"
  return damage(kind, `SQLite finds the log's database damaged: ${found}.`)
}

function damage(kind: Damage["kind"], message: string): Damage {
  return { stream: "", seq: 0, kind, message }
}
