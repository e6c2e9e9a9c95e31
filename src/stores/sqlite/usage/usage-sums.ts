/** What the columns of usage sum up to, as numbers that are exact. */

import type { SQLOutputValue } from "node:sqlite"
import type { UsageSums } from "../../../domain/usage.ts"
import { GatewayError } from "../../../errors.ts"
import type { Segment } from "./usage-segments.ts"

/** For a SELECT over usage. */
export const sumColumns = `sum(calls) AS calls,
  sum(CASE WHEN outcome IN ('ok', 'input_required') THEN 0 ELSE calls END) AS errors,
  sum(duration_us) AS duration, sum(compute_us) AS compute,
  sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(cost_micro_usd) AS cost`

export type SumRow = Readonly<Record<string, SQLOutputValue>>

/** @param row of a statement that reads integers as BigInt @throws GatewayError `too_large` */
export function toSums(row: SumRow): UsageSums {
  return {
    calls: toNumber(row["calls"]),
    errors: toNumber(row["errors"]),
    durationMs: toNumber(row["duration"]) / 1_000,
    computeMs: toNumber(row["compute"]) / 1_000,
    bytesIn: toNumber(row["bytes_in"]),
    bytesOut: toNumber(row["bytes_out"]),
    costMicroUsd: toNumber(row["cost"]),
  }
}

export function toNumber(value: SQLOutputValue | undefined): number {
  if (typeof value !== "bigint" && typeof value !== "number") return 0
  if (!Number.isSafeInteger(Number(value))) throw tooLarge()
  return Number(value)
}

/** What SQLite says of a sum beyond 64 bits. */
export function sumOf<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof Error && thrown.message.includes("integer overflow")) throw tooLarge(thrown)
    throw thrown
  }
}

function tooLarge(cause?: unknown): GatewayError {
  return new GatewayError("too_large", "A sum of usage is too large to be told exactly; ask for a shorter time.", {
    cause,
  })
}

/** The rows of the segments, as a table; at least one is needed. */
export function rowsOf(segments: readonly Segment[]): {
  readonly sql: string
  readonly values: (string | number)[]
} {
  const one = "SELECT * FROM usage WHERE grain = ? AND bucket >= ? AND bucket < ?"
  return {
    sql: `(${segments.map(() => one).join(" UNION ALL ")})`,
    values: segments.flatMap(({ grain, fromMs, toMs }) => [grain, fromMs, toMs]),
  }
}
