/** Some rounds of `npm run faults -- state operations`. */

import { test } from "node:test"
import { report } from "../report.ts"
import { operationKills } from "./operation-kill.ts"
import { stateKills } from "./state-kill.ts"

const limit = { timeout: 600_000 }

test(
  "STO-07 killed in the middle of writes, every file is the last one acknowledged or the next",
  limit,
  async (t) => {
    await report(t, await stateKills(10))
  },
)

test("STO-07 what an operation was answered with is there after a kill", limit, async (t) => {
  await report(t, await operationKills(1))
})
