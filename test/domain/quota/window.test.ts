import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { dayStart, wallTime } from "../../../src/domain/quota/local-day.ts"
import {
  calendarSpan,
  quotaWindowSchema,
  windowLengthMs,
  type QuotaWindow,
} from "../../../src/domain/quota/window.ts"

function calendar(unit: QuotaWindow["unit"], count = 1, timeZone = "UTC"): QuotaWindow {
  return quotaWindowSchema.parse({ unit, count, align: "calendar", timeZone })
}

/** The window's two ends, in UTC. */
function ends(window: QuotaWindow, at: string): readonly string[] {
  const { startMs, endMs } = calendarSpan(window, Date.parse(at))
  return [startMs, endMs].map((ms) => new Date(ms).toISOString().replace(":00.000Z", "Z"))
}

test("calendar windows begin at round times in UTC", () => {
  const at = "2026-11-21T10:47:33.500Z"
  assert.deepEqual(
    [
      calendar("second"),
      calendar("minute", 15),
      calendar("hour", 6),
      calendar("day"),
      calendar("week"),
      calendar("month"),
      calendar("month", 3),
      calendar("month", 12),
    ].map((window) => ends(window, at)),
    [
      ["2026-11-21T10:47:33.000Z", "2026-11-21T10:47:34.000Z"],
      ["2026-11-21T10:45Z", "2026-11-21T11:00Z"],
      ["2026-11-21T06:00Z", "2026-11-21T12:00Z"],
      ["2026-11-21T00:00Z", "2026-11-22T00:00Z"],
      ["2026-11-16T00:00Z", "2026-11-23T00:00Z"],
      ["2026-11-01T00:00Z", "2026-12-01T00:00Z"],
      ["2026-10-01T00:00Z", "2027-01-01T00:00Z"],
      ["2026-01-01T00:00Z", "2027-01-01T00:00Z"],
    ],
  )
})

test("a day on which clocks change has 23 or 25 hours", () => {
  assert.deepEqual(ends(calendar("day", 1, "Europe/Berlin"), "2026-03-29T12:00:00Z"), [
    "2026-03-28T23:00Z",
    "2026-03-29T22:00Z",
  ])
  assert.deepEqual(ends(calendar("day", 1, "America/New_York"), "2026-11-01T12:00:00Z"), [
    "2026-11-01T04:00Z",
    "2026-11-02T05:00Z",
  ])
  assert.deepEqual(ends(calendar("week", 1, "Europe/Berlin"), "2026-03-25T12:00:00Z"), [
    "2026-03-22T23:00Z",
    "2026-03-29T22:00Z",
  ])
  assert.deepEqual(ends(calendar("month", 1, "Europe/Berlin"), "2026-03-25T12:00:00Z"), [
    "2026-02-28T23:00Z",
    "2026-03-31T22:00Z",
  ])
})

test("zones that are half an hour, or a quarter, beside the others have their own hours and days", () => {
  assert.deepEqual(ends(calendar("hour", 1, "Asia/Kolkata"), "2026-11-21T10:47:00Z"), [
    "2026-11-21T10:30Z",
    "2026-11-21T11:30Z",
  ])
  assert.deepEqual(ends(calendar("day", 1, "Asia/Kathmandu"), "2026-11-21T10:47:00Z"), [
    "2026-11-20T18:15Z",
    "2026-11-21T18:15Z",
  ])
})

test("where midnight is left out the day begins with its first moment", () => {
  // In Cairo clocks went from 0:00 to 1:00 on 2026-04-24.
  assert.deepEqual(ends(calendar("day", 1, "Africa/Cairo"), "2026-04-24T12:00:00Z"), [
    "2026-04-23T22:00Z",
    "2026-04-24T21:00Z",
  ])
  // In Apia 2011-12-30 was left out whole.
  assert.deepEqual(ends(calendar("day", 1, "Pacific/Apia"), "2011-12-30T11:00:00Z"), [
    "2011-12-30T10:00Z",
    "2011-12-31T10:00Z",
  ])
})

test("windows of the calendar lie side by side: each instant is in one, whatever the zone does", () => {
  const zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]
  const lengths = [
    ["second", 7],
    ["minute", 15],
    ["hour", 1],
    ["hour", 5],
    ["day", 1],
    ["day", 10],
    ["week", 2],
    ["month", 1],
    ["month", 5],
  ] as const
  const instant = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2040, 0) })
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.constantFrom(...lengths), instant, (zone, [unit, count], atMs) => {
      const window = calendar(unit, count, zone)
      const { startMs, endMs } = calendarSpan(window, atMs)
      assert.ok(startMs <= atMs && atMs < endMs)
      assert.deepEqual(calendarSpan({ ...window }, startMs), { startMs, endMs })
      assert.deepEqual(calendarSpan({ ...window }, endMs - 1), { startMs, endMs })
      assert.equal(calendarSpan({ ...window }, endMs).startMs, endMs)
      assert.ok(endMs - startMs <= windowLengthMs(window) + 32 * 3_600_000 * (unit === "month" ? count : 1))
    }),
    { numRuns: 400 },
  )
})

test("windows that cannot be are refused", () => {
  const parse = (changes: object) =>
    quotaWindowSchema.safeParse({ unit: "hour", count: 1, align: "calendar", timeZone: "UTC", ...changes }).success
  assert.deepEqual(
    [
      {},
      { timeZone: "Europe/Berlin" },
      { timeZone: "Nowhere/Land" },
      { timeZone: "" },
      { count: 0 },
      { count: 1.5 },
      { count: 25 },
      { count: 25, align: "rolling" },
      { unit: "month", count: 13 },
      { unit: "year" },
    ].map(parse),
    [true, true, false, false, false, false, false, true, false, false],
  )
})

test("UTC by its own name is what the runtime knows of it by another", () => {
  for (const atMs of [
    0,
    -1,
    86_399_999,
    Date.UTC(1969, 1, 28, 23, 59, 59, 999),
    Date.UTC(2028, 1, 29),
    4e12 + 7,
  ]) {
    assert.equal(wallTime("UTC", atMs), wallTime("Etc/UTC", atMs))
    const midnightMs = atMs - (((atMs % 86_400_000) + 86_400_000) % 86_400_000)
    assert.equal(dayStart("UTC", midnightMs), dayStart("Etc/UTC", midnightMs))
  }
})
