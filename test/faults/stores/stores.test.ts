/** The starts of `npm run faults -- stores`: every damage once. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { damageFigures } from "./damage.ts"
import { logDamages } from "./log-damages.ts"
import { stateDamages } from "./state-damages.ts"

const limit = { timeout: 240_000 }

test(
  "STO-06 no damage of the audit log is taken for an empty one, and no refusal changes it",
  limit,
  async (t) => {
    const { figures, violations } = await damageFigures("the audit log is damaged", logDamages)
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(violations, [])
  },
)

test("STO-07 no damage of the other files loses what was kept, and no refusal changes them", limit, async (t) => {
  const { figures, violations } = await damageFigures("a file is damaged", stateDamages)
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(violations, [])
})
