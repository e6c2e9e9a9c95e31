/** Some rounds of `npm run faults -- state`. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { operationKills } from "./operation-kill.ts"
import { stateKills } from "./state-kill.ts"

const limit = { timeout: 240_000 }

test(
  "STO-07 killed in the middle of writes, every file is the last one acknowledged or the next",
  limit,
  async (t) => {
    const { figures, violations } = await stateKills(15)
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(violations, [])
    assert.equal(figures["kills"], 15)
  },
)

test("STO-07 what an operation was answered with is there after a kill", limit, async (t) => {
  const { figures, violations } = await operationKills(2)
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(violations, [])
})
