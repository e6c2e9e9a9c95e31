/** Two runs at each place of `npm run faults -- failpoints`. */

import { test } from "node:test"
import { failpointRuns } from "./failpoints.ts"
import { report } from "../report.ts"

const limit = { timeout: 600_000 }

test(
  "AUD-02 killed between any two steps of recording and forwarding, the gateway loses no entry",
  limit,
  async (t) => {
    await report(t, await failpointRuns(2))
  },
)
