/**
 * Which rows of usage make up a span of time: the coarsest that fit into it, finer ones at its ends, and coarser ones
 * where the finer are no longer kept. No call is in two of them.
 */

import type { DatabaseSync } from "node:sqlite"
import type { Grain } from "../../../domain/usage.ts"

export type Segment = { readonly grain: Grain; readonly fromMs: number; readonly toMs: number }

export const grainMs: Readonly<Record<Grain, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const fromCoarse = ["day", "hour", "minute"] as const

/** From when on the rows of a grain tell everything. */
export type KeptFrom = Readonly<Record<Grain, number>>

type Span = {
  readonly fromMs: number
  readonly toMs: number
  /** No coarser rows than these, where there are finer ones. */
  readonly coarsest: Grain
}

export function segmentsOf({ fromMs, toMs, coarsest }: Span, kept: KeptFrom): readonly Segment[] {
  const segments: Segment[] = []
  let at = startOf(Math.max(fromMs, kept.day), finestAt(Math.max(fromMs, kept.day), kept))
  while (at < toMs) {
    const finest = finestAt(at, kept)
    const fitting = fromCoarse.find(
      (grain) => grainMs[grain] <= grainMs[coarsest] && startOf(at, grain) === at && at + grainMs[grain] <= toMs,
    )
    const grain = fitting !== undefined && grainMs[fitting] >= grainMs[finest] ? fitting : finest
    const last = segments.at(-1)
    const next = at + grainMs[grain]
    if (last?.grain === grain) segments[segments.length - 1] = { ...last, toMs: next }
    else segments.push({ grain, fromMs: at, toMs: next })
    at = next
  }
  return segments
}

export function startOf(ms: number, grain: Grain): number {
  return Math.floor(ms / grainMs[grain]) * grainMs[grain]
}

function finestAt(ms: number, kept: KeptFrom): Grain {
  if (ms >= kept.minute) return "minute"
  return ms >= kept.hour ? "hour" : "day"
}

/** What pruning has left; a coarser bucket of which finer rows are missing in part counts as missing. */
export function keptFrom(db: DatabaseSync): KeptFrom {
  const day = firstBucket(db, "day") ?? Number.MAX_SAFE_INTEGER
  const hour = completeFrom(db, "hour", "day")
  return { day, hour, minute: Math.max(hour, completeFrom(db, "minute", "hour")) }
}

/** The last bucket and all of its time. */
export function keptTo(db: DatabaseSync): number {
  const last = endBucket(db, "max", "day")
  return typeof last === "number" ? last + grainMs.day : 0
}

function completeFrom(db: DatabaseSync, finer: Grain, coarser: Grain): number {
  const first = firstBucket(db, finer)
  if (first === undefined) return Number.MAX_SAFE_INTEGER
  const bucket = startOf(first, coarser)
  const isComplete = countIn(db, finer, bucket, coarser) === countIn(db, coarser, bucket, coarser)
  return isComplete ? bucket : bucket + grainMs[coarser]
}

function firstBucket(db: DatabaseSync, grain: Grain): number | undefined {
  const first = endBucket(db, "min", grain)
  return typeof first === "number" ? first : undefined
}

/** Starts and ends told by the rows of a grain within one bucket of another. */
function countIn(db: DatabaseSync, grain: Grain, bucket: number, of: Grain): number {
  const sum = "SELECT total(started + calls) AS events FROM usage WHERE grain = ? AND bucket >= ? AND bucket < ?"
  return Number(db.prepare(sum).get(grain, bucket, bucket + grainMs[of])?.["events"])
}

/** Of the table and of what is not folded into it yet, each by itself: the table's is then read from its key. */
function endBucket(db: DatabaseSync, end: "min" | "max", grain: Grain): unknown {
  const one = (table: string): string => `SELECT ${end}(bucket) AS bucket FROM ${table} WHERE grain = ?`
  const both = `SELECT ${end}(bucket) AS bucket FROM (${one("usage_sums")} UNION ALL ${one("usage_later")})`
  return db.prepare(both).get(grain, grain)?.["bucket"]
}
