import assert from "node:assert/strict"
import { test } from "node:test"
import { instantOf, rangeOf } from "../../src/operations/instant-input.ts"
import { nowMs, refusal } from "./operations-kit.ts"

for (const [text, iso] of [
  ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00.000Z"],
  ["2026-11-20T08:00Z", "2026-11-20T08:00:00.000Z"],
  ["2026-11-20T08:00:00.123+05:45", "2026-11-20T02:15:00.123Z"],
  ["2028-02-29T23:59:59Z", "2028-02-29T23:59:59.000Z"],
  ["-15m", "2026-11-20T23:45:00.000Z"],
  ["-2h", "2026-11-20T22:00:00.000Z"],
  ["-7d", "2026-11-14T00:00:00.000Z"],
  ["-0m", "2026-11-21T00:00:00.000Z"],
] as const) {
  test(`${text} is an instant`, () => assert.equal(new Date(instantOf("from", text, nowMs)).toISOString(), iso))
}

for (const text of [
  "yesterday",
  "2026-11-20",
  "2026-11-20T08:00:00",
  "2026-11-20T08:00:00 05:45",
  "2026-06-31T00:00:00Z",
  "2027-02-29T00:00:00Z",
  "2026-11-20T25:00:00Z",
  "1969-12-31T00:00:00Z",
  "15m",
  "-15",
  "-1.5h",
  "-1w",
  "-9999999d",
  "1763711000",
  "",
]) {
  test(`${JSON.stringify(text)} is no instant, and what would be one is said`, () => {
    assert.throws(
      () => instantOf("from", text, nowMs),
      refusal("invalid", /^from is .*2026-11-21T08:00:00Z.*-15m/),
    )
  })
}

test("a range ends after it begins", () => {
  assert.deepEqual(rangeOf({}, nowMs), {})
  assert.deepEqual(rangeOf({ from: "-1h" }, nowMs), { fromMs: nowMs - 3_600_000 })
  assert.deepEqual(rangeOf({ to: "-1h" }, nowMs), { toMs: nowMs - 3_600_000 })
  assert.throws(() => rangeOf({ from: "-1h", to: "-2h" }, nowMs), refusal("invalid", /later/))
  assert.throws(() => rangeOf({ from: "-1h", to: "-1h" }, nowMs), refusal("invalid"))
})
