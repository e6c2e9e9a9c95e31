/** A few rounds of `npm run faults -- lifecycle`. */

import { test } from "node:test"
import { report } from "../report.ts"
import { interruptedStarts } from "./interrupted-starts.ts"
import { reloadRounds } from "./reloads.ts"
import { restartRounds } from "./restarts.ts"

const limit = { timeout: 600_000 }

test(
  "LIF-01 restarts under load cost no call that was taken, and none of whoever tries again",
  limit,
  async (t) => {
    await report(t, await restartRounds(2))
  },
)

test("CFG-17 what is changed under load takes effect and costs no call", limit, async (t) => {
  await report(t, await reloadRounds(1))
})

test("LIF-04 a start that is interrupted leaves everything in order", limit, async (t) => {
  await report(t, await interruptedStarts(1))
})
