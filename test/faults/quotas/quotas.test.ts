/** Three rounds of `npm run faults -- quotas`. */

import { test } from "node:test"
import { quotaRounds } from "./quotas.ts"
import { report } from "../report.ts"

const limit = { timeout: 600_000 }

test(
  "QUO-06 of a crowd exactly as many calls pass as the quotas allow, a kill in the middle included",
  limit,
  async (t) => {
    await report(t, await quotaRounds(3))
  },
)
