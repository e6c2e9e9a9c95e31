/** Usage of one tool: sums, outcomes, and how long it took, from the bins of its latencies. */

import type { DatabaseSync } from "node:sqlite"
import type { ToolUsage } from "../../../domain/usage.ts"
import { latencyOf } from "./latency-bins.ts"
import { keptFrom, keptTo, segmentsOf, startOf } from "./usage-segments.ts"
import { rowsOf, sumColumns, sumOf, toNumber, toSums } from "./usage-sums.ts"

export type ToolRange = { readonly fromMs: number; readonly toMs: number }

/** Latencies are kept by the hour, so those of the first and the last hour are of all of it. */
export function usageOfTool(db: DatabaseSync, tool: string, { fromMs, toMs }: ToolRange): ToolUsage {
  const span = { fromMs, toMs: Math.min(toMs, keptTo(db)), coarsest: "day" } as const
  const segments = segmentsOf(span, keptFrom(db))
  if (segments.length === 0) return { ...toSums({}), outcomes: {} }
  const rows = rowsOf(segments)
  const read = (what: string, more: string) => {
    const statement = db.prepare(`SELECT ${what} FROM ${rows.sql} WHERE tool = ? AND calls > 0 ${more}`)
    statement.setReadBigInts(true)
    return sumOf(() => statement.all(...rows.values, tool))
  }
  const outcomes = read("outcome, sum(calls) AS calls", "GROUP BY outcome ORDER BY outcome")
  return {
    ...toSums(read(sumColumns, "")[0] ?? {}),
    ...quantilesOf(db, tool, { fromMs: startOf(fromMs, "hour"), toMs }),
    outcomes: Object.fromEntries(outcomes.map((row) => [String(row["outcome"]), toNumber(row["calls"])])),
  }
}

type Bin = { readonly bin: number; readonly calls: number }

function quantilesOf(db: DatabaseSync, tool: string, { fromMs, toMs }: ToolRange): Partial<ToolUsage> {
  const summed = "SELECT bin, sum(calls) AS calls FROM latencies WHERE tool = ? AND bucket >= ? AND bucket < ?"
  const bins = db.prepare(`${summed} GROUP BY bin ORDER BY bin`).all(tool, fromMs, toMs) as Bin[]
  const all = bins.reduce((sum, { calls }) => sum + calls, 0)
  if (all === 0) return {}
  return { p50Ms: quantile(bins, all * 0.5), p95Ms: quantile(bins, all * 0.95), p99Ms: quantile(bins, all * 0.99) }
}

/** @param rank how many calls were at most as slow */
function quantile(bins: readonly Bin[], rank: number): number {
  let seen = 0
  const found = bins.find(({ calls }) => (seen += calls) >= rank)
  return latencyOf(found?.bin ?? 0)
}
