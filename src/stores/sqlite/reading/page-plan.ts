/**
 * How a page of entries is found: what a filter means in SQL, and which index leads to it. The index that leaves the
 * fewest rows is taken, found out by counting a few thousand of each; SQLite itself could only guess.
 */

import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { EntryFilter } from "../../../domain/audit/log.ts"

type Condition = { readonly sql: string; readonly value: SQLInputValue }

/** Conditions that an index answers all by itself. */
type Way = { readonly index: string; readonly conditions: readonly Condition[] }

export type Plan = {
  readonly way: Way
  /** What else must hold of the rows found that way. */
  readonly rest: readonly Condition[]
}

/** The place after which a page begins, going back in time. */
export type Place = { readonly time: number; readonly id: number }

/** Beyond it, one index is as bad as another. */
const probedRows = 5_000

type Named = Condition & { readonly index?: string; readonly literal?: string }

export function planOf(db: DatabaseSync, filter: EntryFilter, after: Place | undefined): Plan {
  const span = spanOf(filter, after)
  const named = namedOf(filter)
  const byTime: Way = { index: "entries_time", conditions: span }
  const ways = named.flatMap(({ index, sql, literal, value }) => {
    const own: Condition = { sql: literal === undefined ? sql : `${sql} AND ${literal}`, value }
    return index === undefined ? [] : [{ index, conditions: [own, ...span] }]
  })
  const [first = byTime] = ways
  const way = ways.length === 0 || filter.callId !== undefined ? first : fewest(db, [...ways, byTime])
  return { way, rest: named }
}

function fewest(db: DatabaseSync, ways: readonly Way[]): Way {
  const counted = ways.map((way) => ({ way, rows: countOf(db, way) }))
  return counted.reduce((best, next) => (next.rows < best.rows ? next : best)).way
}

function countOf(db: DatabaseSync, way: Way): number {
  const found = `SELECT 1 FROM found_by INDEXED BY ${way.index} WHERE ${whereOf(way.conditions)} LIMIT ${probedRows}`
  const row = db.prepare(`SELECT count(*) AS rows FROM (${found})`).get(...valuesOf(way.conditions))
  return Number(row?.["rows"])
}

export function whereOf(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? "TRUE" : conditions.map(({ sql }) => sql).join(" AND ")
}

export function valuesOf(conditions: readonly Condition[]): SQLInputValue[] {
  return conditions.map(({ value }) => value)
}

function spanOf({ fromMs, toMs }: EntryFilter, after: Place | undefined): readonly Condition[] {
  return [
    ...(fromMs === undefined ? [] : [{ sql: "time >= ?", value: fromMs }]),
    ...(toMs === undefined ? [] : [{ sql: "time < ?", value: toMs }]),
    ...(after === undefined
      ? []
      : [
          { sql: "time <= ?", value: after.time },
          { sql: `(time < ${Math.trunc(after.time)} OR id < ?)`, value: after.id },
        ]),
  ]
}

/** Not among the columns, for a name seldom is both a tool's and a prompt's. */
const targetKind = "(SELECT entries.body ->> '$.targetKind' FROM entries WHERE entries.id = scanned.id)"

/** `literal` repeats the condition of a partial index, without which SQLite does not see that the index holds the row. */
function namedOf(filter: EntryFilter): readonly Named[] {
  const { callId, principal, service, tool, outcome, kind } = filter
  return [
    ...(callId === undefined ? [] : [{ sql: "call = ?", value: callId, index: "entries_call" }]),
    ...(tool === undefined
      ? []
      : [
          { sql: "target = ?", value: tool, index: "entries_target" },
          { sql: `${targetKind} IN ('tool', ?)`, value: "operation" },
        ]),
    ...(principal === undefined ? [] : [{ sql: "principal = ?", value: principal, index: "entries_principal" }]),
    ...(service === undefined ? [] : [{ sql: "service = ?", value: service, index: "entries_service" }]),
    ...(outcome === undefined ? [] : [{ sql: "outcome = ?", value: outcome, ...ofOutcome(outcome) }]),
    ...(kind === undefined ? [] : [{ sql: "kind = ?", value: kind, ...ofKind(kind) }]),
  ]
}

function ofOutcome(outcome: string): Pick<Named, "index" | "literal"> {
  return outcome === "ok" ? {} : { index: "entries_outcome", literal: "outcome <> 'ok'" }
}

function ofKind(kind: string): Pick<Named, "index" | "literal"> {
  return kind === "start" || kind === "end"
    ? {}
    : { index: "entries_kind", literal: "kind NOT IN ('start', 'end')" }
}
