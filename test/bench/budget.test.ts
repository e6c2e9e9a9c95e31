/** Keeps a governed call within its budget: counts, not times. How they are counted: bench/benches/budget.ts. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { countCall, type Counted } from "../../bench/benches/budget.ts"
import { budget } from "../../bench/budget.ts"

const tries = 3

/** Elsewhere nobody says what a thread has computed. */
const skip = process.platform !== "linux" && "needs /proc"

test("a governed call allocates and computes no more than its budget", { skip }, async () => {
  let counted = await countCall()
  for (let more = 1; more < tries && !fits(counted); more++) counted = await countCall()
  assert.ok(fits(counted), `a call took ${JSON.stringify(counted)}; it may take ${JSON.stringify(budget)}`)
})

function fits({ allocatedBytes, agedBytes, mainThreadRatio }: Counted): boolean {
  const isSmall = allocatedBytes <= budget.allocatedBytes && agedBytes <= budget.agedBytes
  return isSmall && mainThreadRatio <= budget.mainThreadRatio
}
