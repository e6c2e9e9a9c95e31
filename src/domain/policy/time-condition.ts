/** When a rule holds: days and times of day in a time zone, and when that may turn next. */

import * as z from "zod"
import { isTimeZone, wallTime } from "../quota/local-day.ts"

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const
const clockSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day: 08:30")

export const timeConditionSchema = z
  .strictObject({
    zone: z.string().max(64).refine(isTimeZone, "a time zone, such as Europe/Berlin or UTC"),
    days: z.array(z.enum(days)).min(1).max(7).exactOptional(),
    from: clockSchema.exactOptional().describe("The first minute; with a later from than to, over midnight."),
    to: clockSchema.exactOptional().describe("The first minute that is no longer meant."),
    not: z.literal(true).exactOptional().describe("Turns it round."),
  })
  .refine(
    ({ days, from, to }) => days !== undefined || from !== undefined || to !== undefined,
    "give days, from or to",
  )
  .refine(({ from, to }) => from === undefined || from !== to, "from and to are the same minute")

export type TimeCondition = z.output<typeof timeConditionSchema>

const minuteMs = 60_000
const dayMinutes = 1_440
const dayMs = dayMinutes * minuteMs
/** Clocks on walls are put forward and back at these, as zones are today. */
const shiftMs = 15 * minuteMs

/**
 * Whether it is one of the times that are meant, `not` left aside. Past midnight the day is that of the wall's calendar,
 * not the one on which the time began.
 */
export function isAt({ zone, days: meant, from, to }: TimeCondition, nowMs: number): boolean {
  const wallMs = wallTime(zone, nowMs)
  const day = days[new Date(wallMs).getUTCDay()]
  if (meant && !(meant as readonly unknown[]).includes(day)) return false
  const minute = Math.floor(wallMs / minuteMs) % dayMinutes
  const [first, end] = [minuteOf(from ?? midnight), to === undefined ? dayMinutes : minuteOf(to)]
  return first < end ? minute >= first && minute < end : minute >= first || minute < end
}

/** The first instant after this one at which `isAt` may be otherwise; before it, it is not. */
export function turnsAtMs({ zone, from, to }: TimeCondition, nowMs: number): number {
  const wallMs = wallTime(zone, nowMs)
  const waits = [midnight, from ?? midnight, to ?? midnight].map((clock) => {
    const sinceMs = wallMs - minuteOf(clock) * minuteMs
    return dayMs - (((sinceMs % dayMs) + dayMs) % dayMs)
  })
  return Math.min(nowMs + Math.min(...waits), nowMs - (nowMs % shiftMs) + shiftMs)
}

const midnight = "00:00"

function minuteOf(clock: string): number {
  const [hour, minute] = clock.split(":").map(Number)
  return (hour ?? 0) * 60 + (minute ?? 0)
}
