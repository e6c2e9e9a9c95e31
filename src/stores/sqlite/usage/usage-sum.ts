/** Usage summed up by any of its dimensions, in pages. */

import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import * as z from "zod"
import type { Page } from "../../../domain/collection.ts"
import { usageDimensions, type UsageDimension, type UsageRequest, type UsageRow } from "../../../domain/usage.ts"
import { GatewayError } from "../../../errors.ts"
import { readCursor, writeCursor } from "../reading/reader-cursor.ts"
import { grainMs, keptFrom, keptTo, segmentsOf } from "./usage-segments.ts"
import { rowsOf, sumColumns, sumOf, toNumber, toSums, type SumRow } from "./usage-sums.ts"

const maxLimit = 1_000

/** A call with two tags counts under both. */
const columns: Readonly<Record<UsageDimension, string>> = {
  principal: "usage.principal",
  key: "usage.key", // what json_each gives has a column of that name too
  team: "usage.team",
  service: "usage.service",
  tool: "usage.tool",
  tag: "tag.value",
  outcome: "usage.outcome",
}

/** To be called once for a connection. */
export function addUsageFunctions(db: DatabaseSync): void {
  db.function("tag_list", { deterministic: true }, (tags) => JSON.stringify(String(tags).split("\n")))
}

/** @throws GatewayError `invalid` for a cursor or a limit that cannot be, `too_large` */
export function sumUsage(db: DatabaseSync, request: UsageRequest): Page<UsageRow> {
  const by = [...new Set(request.by)]
  requireValid(request)
  const after = request.cursor === undefined ? undefined : readCursor(request.cursor, placeSchema(by))
  const span = { fromMs: request.fromMs, toMs: Math.min(request.toMs, keptTo(db)), coarsest: request.per ?? "day" }
  const segments = segmentsOf(span, keptFrom(db))
  if (segments.length === 0) return { items: [] }
  const rows = rowsOf(segments)
  const only = onlyOf(request)
  const text = `SELECT * FROM (SELECT ${groupsOf(by, request.per)}, ${sumColumns}
    FROM ${rows.sql} AS usage ${by.includes("tag") ? "JOIN json_each(tag_list(tags)) AS tag" : ""}
    WHERE calls > 0 ${only.map(({ sql }) => `AND ${sql}`).join(" ")} GROUP BY ${namesOf(by)})
    ${after === undefined ? "" : `WHERE (${namesOf(by)}) > (${after.map(() => "?").join(", ")})`}
    ORDER BY ${namesOf(by)} LIMIT ?`
  const values = [...rows.values, ...only.map(({ value }) => value), ...(after ?? []), request.limit + 1]
  return toPage(readRows(db, text, values), by, request)
}

function requireValid({ limit, fromMs, toMs }: UsageRequest): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new GatewayError("invalid", `limit must be a whole number from 1 to ${maxLimit}.`)
  }
  if (![fromMs, toMs].every(Number.isSafeInteger)) {
    throw new GatewayError("invalid", "fromMs and toMs must be whole numbers.")
  }
}

function placeSchema(by: readonly UsageDimension[]): z.ZodType<(string | number)[]> {
  return z.tuple([z.int(), ...by.map(() => z.string())])
}

function groupsOf(by: readonly UsageDimension[], per: UsageRequest["per"]): string {
  const bucket = per === undefined ? "0" : `bucket - bucket % ${grainMs[per]}`
  return [`${bucket} AS at`, ...by.map((dimension) => `${columns[dimension]} AS by_${dimension}`)].join(", ")
}

function namesOf(by: readonly UsageDimension[]): string {
  return ["at", ...by.map((dimension) => `by_${dimension}`)].join(", ")
}

type Condition = { readonly sql: string; readonly value: string }

function onlyOf({ only = {} }: UsageRequest): readonly Condition[] {
  return usageDimensions.flatMap((dimension) => {
    const value = dimension === "tag" ? undefined : only[dimension]
    return value === undefined ? [] : [{ sql: `${columns[dimension]} = ?`, value }]
  })
}

function readRows(db: DatabaseSync, text: string, values: readonly SQLInputValue[]): readonly SumRow[] {
  const statement = db.prepare(text)
  statement.setReadBigInts(true)
  return sumOf(() => statement.all(...values))
}

function toPage(rows: readonly SumRow[], by: readonly UsageDimension[], request: UsageRequest): Page<UsageRow> {
  const items = rows.slice(0, request.limit).map((row) => toRow(row, by, request.per))
  const last = rows.length > request.limit ? rows[request.limit - 1] : undefined
  if (last === undefined) return { items }
  return { items, nextCursor: writeCursor([toNumber(last["at"]), ...by.map((name) => textOf(last, name))]) }
}

function toRow(row: SumRow, by: readonly UsageDimension[], per: UsageRequest["per"]): UsageRow {
  const group = Object.fromEntries(by.map((name) => [name, textOf(row, name)]))
  return { group, ...(per !== undefined && { timeMs: toNumber(row["at"]) }), ...toSums(row) }
}

function textOf(row: SumRow, name: UsageDimension): string {
  const value = row[`by_${name}`]
  return typeof value === "string" ? value : ""
}
