/** Two runs at each place of `npm run faults -- failpoints`. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { failpointRuns } from "./failpoints.ts"

const limit = { timeout: 240_000 }

test(
  "AUD-02 killed between any two steps of recording and forwarding, the gateway loses no entry",
  limit,
  async () => {
    assert.deepEqual((await failpointRuns(2)).violations, [])
  },
)
