import assert from "node:assert/strict"
import { test } from "node:test"
import { isAt, turnsAtMs, type TimeCondition } from "../../../src/domain/policy/time-condition.ts"

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs

/** Some over a day on which clocks are put forward or back. */
const conditions: readonly (TimeCondition & { readonly begin: string })[] = [
  { zone: "UTC", from: "08:30", to: "17:00", begin: "2026-03-04T00:00:12.345Z" },
  { zone: "UTC", days: ["sat", "sun"], begin: "2026-03-06T00:00:00Z" },
  { zone: "Asia/Kathmandu", days: ["wed"], to: "03:07", not: true, begin: "2026-03-03T10:00:00Z" },
  { zone: "Europe/Berlin", from: "02:30", to: "04:00", begin: "2026-03-28T12:00:00Z" },
  { zone: "Europe/Berlin", from: "02:30", begin: "2026-10-24T12:00:00Z" },
  { zone: "America/New_York", from: "23:10", to: "01:59", begin: "2026-10-31T12:00:00Z" },
  { zone: "Australia/Lord_Howe", from: "01:45", to: "02:15", begin: "2026-04-04T00:00:00Z" },
]

for (const { begin, ...condition } of conditions)
  test(`a time turns at no other instants than it says: ${JSON.stringify(condition)}`, () => {
    const beginMs = Date.parse(begin)
    const told: number[] = []
    for (let nowMs = beginMs; nowMs < beginMs + 2 * dayMs; nowMs = turnsAtMs(condition, nowMs)) {
      assert.ok(told.every((before) => before < nowMs))
      told.push(nowMs)
    }
    const atTurns = (atMs: number): boolean => isAt(condition, told.findLast((turn) => turn <= atMs) ?? beginMs)
    let holds = 0
    for (let atMs = beginMs; atMs < beginMs + 2 * dayMs; atMs += minuteMs) {
      assert.equal(isAt(condition, atMs), atTurns(atMs), new Date(atMs).toISOString())
      if (isAt(condition, atMs)) holds++
    }
    assert.ok(holds > 0 && holds < 2_880)
    for (const turn of told.slice(1)) assert.equal(turn % minuteMs, 0)
  })
