/**
 * The windows of quotas. Those of the calendar begin where a clock on a wall shows a round time in the quota's time
 * zone; rolling ones begin with what they count and have a fixed length.
 */

import * as z from "zod"
import { dateAt, dayStart, isTimeZone } from "./local-day.ts"

export const windowUnits = ["second", "minute", "hour", "day", "week", "month"] as const
export const windowAligns = ["calendar", "rolling"] as const
type WindowUnit = (typeof windowUnits)[number]

export type QuotaWindow = {
  readonly unit: WindowUnit
  readonly count: number
  readonly align: (typeof windowAligns)[number]
  /** Of the IANA database; `UTC` too. Only the calendar heeds it. */
  readonly timeZone: string
}

/** The instant it begins and the first one after it. */
export type Span = { readonly startMs: number; readonly endMs: number }

const dayMs = 86_400_000

/** A rolling month has 30 days. */
const unitMs = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
} as const satisfies Record<WindowUnit, number>

const maxLengthMs = 366 * dayMs

export const quotaWindowSchema = z
  .strictObject({
    unit: z.enum(windowUnits),
    count: z.int().positive(),
    align: z.enum(windowAligns),
    timeZone: z.string().max(64).refine(isTimeZone, "is not a time zone such as Europe/Berlin"),
  })
  .refine((window) => windowLengthMs(window) <= maxLengthMs, "a window has at most 366 days")
  .refine(
    (window) => window.align === "rolling" || !isClock(window) || windowLengthMs(window) <= dayMs,
    "a calendar window in hours, minutes or seconds has at most one day; give it in days",
  )

/** The length of a rolling window; about that of a calendar one. */
export function windowLengthMs({ unit, count }: Pick<QuotaWindow, "unit" | "count">): number {
  return unitMs[unit] * count
}

const latest = new WeakMap<QuotaWindow, Span>()

/**
 * The calendar window that holds this instant. Hours, minutes and seconds are counted from the local midnight, and the
 * day ends the last of them; a week begins on Monday; windows of several days, weeks or months follow one another
 * without regard to greater units, but 12 months are a year. The last answer for a window is remembered.
 */
export function calendarSpan(window: QuotaWindow, atMs: number): Span {
  const known = latest.get(window)
  if (known && holds(known, atMs)) return known
  const span = isClock(window) ? clockSpan(window, atMs) : dateSpan(window, atMs)
  latest.set(window, span)
  return span
}

function isClock({ unit }: Pick<QuotaWindow, "unit">): boolean {
  return unit === "second" || unit === "minute" || unit === "hour"
}

function holds({ startMs, endMs }: Span, atMs: number): boolean {
  return startMs <= atMs && atMs < endMs
}

function clockSpan(window: QuotaWindow, atMs: number): Span {
  const day = dateSpan({ unit: "day", count: 1, timeZone: window.timeZone }, atMs)
  const lengthMs = windowLengthMs(window)
  const startMs = day.startMs + Math.floor((atMs - day.startMs) / lengthMs) * lengthMs
  return { startMs, endMs: Math.min(startMs + lengthMs, day.endMs) }
}

type Dates = Pick<QuotaWindow, "unit" | "count" | "timeZone">

/** Where clocks are set back over midnight a date is shown twice; the window is then the one beside. */
function dateSpan(dates: Dates, atMs: number): Span {
  let index = indexAt(dates, atMs)
  while (startOf(dates, index) > atMs) index -= 1
  while (startOf(dates, index + 1) <= atMs) index += 1
  return { startMs: startOf(dates, index), endMs: startOf(dates, index + 1) }
}

/** 1970-01-05 was the first Monday. */
const firstMonday = 4

/** Which of the windows since 1970 the local date at this instant belongs to. */
function indexAt({ unit, count, timeZone }: Dates, atMs: number): number {
  const { year, month, day } = dateAt(timeZone, atMs)
  if (unit === "month") return Math.floor((year * 12 + month) / count)
  const days = Date.UTC(year, month, day) / dayMs
  return Math.floor(unit === "week" ? (days - firstMonday) / 7 / count : days / count)
}

function startOf({ unit, count, timeZone }: Dates, index: number): number {
  if (unit === "month") return dayStart(timeZone, Date.UTC(1970, index * count - 1970 * 12, 1))
  const days = unit === "week" ? index * count * 7 + firstMonday : index * count
  return dayStart(timeZone, days * dayMs)
}
