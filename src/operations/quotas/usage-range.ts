/** Of when the sums of usage are: whole minutes, and whole hours or days where nothing finer is kept any more. */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { instantInput, rangeInput, rangeOf } from "../instant-input.ts"
import { isoTime } from "../plain-text.ts"

export const usageRangeInput = {
  ...rangeInput,
  from: instantInput
    .default("-24h")
    .describe(
      "The first instant: ISO 8601 with its zone, such as 2026-11-21T08:00:00Z, or a time before now: -15m, -2h, -7d.",
    ),
}

export const usageRangeOutput = {
  from: z.string().describe("Where the sums begin: what was asked for, cut to whole minutes, hours or days."),
  to: z.string().describe("The first instant after them."),
}

export type UsageRange = { readonly fromMs: number; readonly toMs: number }

const hourMs = 3_600_000

/** How long all sums of a grain are surely kept; days for good. */
const kept: readonly { readonly stepMs: number; readonly keptMs: number }[] = [
  { stepMs: 60_000, keptMs: 47 * hourMs },
  { stepMs: hourMs, keptMs: 99 * 24 * hourMs },
]
const dayMs = 24 * hourMs

/** @throws GatewayError `invalid` */
export function usageRangeOf(input: { readonly from: string; readonly to?: string }, nowMs: number): UsageRange {
  const { fromMs = nowMs, toMs = nowMs } = rangeOf(input, nowMs)
  if (fromMs >= toMs) throw new GatewayError("invalid", `from (${isoTime(fromMs)}) must be in the past.`)
  const begins = (stepMs: number): number => Math.floor(fromMs / stepMs) * stepMs
  const { stepMs } = kept.find(({ stepMs, keptMs }) => nowMs - begins(stepMs) <= keptMs) ?? { stepMs: dayMs }
  return { fromMs: begins(stepMs), toMs: Math.ceil(toMs / stepMs) * stepMs }
}

export function sayRange({ fromMs, toMs }: UsageRange): { readonly from: string; readonly to: string } {
  return { from: isoTime(fromMs), to: isoTime(toMs) }
}

/** Later pages are of the range of the first, however long ago "an hour ago" was by then. */
export function writeUsageCursor({ fromMs, toMs }: UsageRange, inner: string): string {
  return `${fromMs}.${toMs}.${inner}`
}

/** @throws GatewayError `invalid` for a cursor that is not ours */
export function readUsageCursor(cursor: string): { readonly range: UsageRange; readonly inner: string } {
  const [, fromMs, toMs, inner] = /^(\d{1,15})\.(\d{1,15})\.(.+)$/.exec(cursor) ?? []
  if (inner !== undefined) return { range: { fromMs: Number(fromMs), toMs: Number(toMs) }, inner }
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; ask again without it.")
}
