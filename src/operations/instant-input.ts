/** Times that people and models write: an instant of ISO 8601, or how long ago. */

import * as z from "zod"
import { GatewayError } from "../errors.ts"
import { isoTime } from "./plain-text.ts"

export const instantInput = z.string().min(1).max(40)

const howTo =
  "an instant of ISO 8601 with its zone, such as 2026-11-21T08:00:00Z, or a time before now: -15m, -2h, -7d"

/** `from` and `to` of whatever took place in time. */
export const rangeInput = {
  from: instantInput
    .exactOptional()
    .describe(`The first instant: ${howTo} (minutes, hours, days). Absent: from the beginning.`),
  to: instantInput
    .exactOptional()
    .describe("The first instant that is no longer meant, written likewise. Absent: until now."),
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const relative = /^-(\d{1,6})([mhd])$/
const absolute = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/**
 * @param member its name in the input, for the message
 * @returns ms since 1970-01-01 UTC
 * @throws GatewayError `invalid`
 */
export function instantOf(member: string, text: string, nowMs: number): number {
  const [, amount, unit] = relative.exec(text) ?? []
  if (amount !== undefined) return Math.max(0, nowMs - Number(amount) * unitsMs[unit as keyof typeof unitsMs])
  const atMs = absolute.test(text) ? readDay(text) : Number.NaN
  if (atMs >= 0) return atMs
  throw new GatewayError(
    "invalid",
    `${member} is ${JSON.stringify(text)}; it takes ${howTo}. In a URL, + is written %2B.`,
  )
}

/** `Date.parse` takes the 31st of June for the 1st of July. */
function readDay(text: string): number {
  const day = text.slice(0, 10)
  const atMs = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(atMs) || isoTime(atMs).slice(0, 10) !== day ? Number.NaN : Date.parse(text)
}

type RangeInput = { readonly from?: string; readonly to?: string }

/** @throws GatewayError `invalid`, also where the range ends before it begins */
export function rangeOf(
  { from, to }: RangeInput,
  nowMs: number,
): { readonly fromMs?: number; readonly toMs?: number } {
  const fromMs = from === undefined ? undefined : instantOf("from", from, nowMs)
  const toMs = to === undefined ? undefined : instantOf("to", to, nowMs)
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new GatewayError("invalid", `to (${isoTime(toMs)}) must be later than from (${isoTime(fromMs)}).`)
  }
  return { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) }
}
