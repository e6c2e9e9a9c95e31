import assert from "node:assert/strict"
import { test } from "node:test"
import { backoffMs } from "../../../src/fleet/links/backoff.ts"

const half = (): number => 0.5

test("the wait doubles with each attempt until it reaches its limit", () => {
  const waits = [0, 1, 2, 6, 7, 100, 5_000].map((attempt) => backoffMs(attempt, {}, half))
  assert.deepEqual(waits, [125, 250, 500, 8_000, 15_000, 15_000, 15_000])
})

test("the wait is anything from nothing to the limit", () => {
  assert.equal(
    backoffMs(3, { baseMs: 100, capMs: 500 }, () => 0),
    0,
  )
  assert.equal(
    backoffMs(3, { baseMs: 100, capMs: 500 }, () => 0.999999),
    499,
  )
})
