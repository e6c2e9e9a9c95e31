/** Three rounds of `npm run faults -- quotas`. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { quotaRounds } from "./quotas.ts"

const limit = { timeout: 240_000 }

test(
  "QUO-06 of a crowd exactly as many calls pass as the quotas allow, a kill in the middle included",
  limit,
  async () => {
    assert.deepEqual((await quotaRounds(3)).violations, [])
  },
)
