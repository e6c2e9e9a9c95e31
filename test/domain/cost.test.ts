import assert from "node:assert/strict"
import { test } from "node:test"
import { costBefore, costOf, costSchema } from "../../src/domain/cost.ts"

test("a call costs so much for itself, for its time and for its bytes, rounded once", () => {
  const cost = { perCallUsd: 0.002, perSecondUsd: 0.01, perByteUsd: 0.000_001 }
  assert.equal(costOf(cost, { computeMs: 1_500, bytes: 300 }), 2_000 + 15_000 + 300)
  assert.equal(costBefore(cost, 300), 2_300)
  assert.equal(costOf(undefined, { computeMs: 1, bytes: 1 }), 0)
})

test("no price makes one call cost more than sums can hold", () => {
  const highest = { perCallUsd: 10_000, perSecondUsd: 10_000, perByteUsd: 1 }
  assert.ok(costSchema.safeParse(highest).success)
  const cost = costOf(highest, { computeMs: 600_000, bytes: 64 * 1_024 * 1_024 })
  assert.equal(cost, 100_000 * 1_000_000)
  assert.ok(Number.isSafeInteger(cost * 90_000))
  for (const wrong of [-1, 1e7, Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(costSchema.safeParse({ perCallUsd: wrong }).success, false)
})
