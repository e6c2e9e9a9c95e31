/** `npm run faults -- stores`, with every fifth damage of a start and one under load. */

import { test } from "node:test"
import { missingProgram } from "../missing-program.ts"
import { report } from "../report.ts"
import { damagedWhileRunning, runningDamages } from "./running-damage.ts"
import { damagedStarts, smallDisks, withoutRights } from "./stores.ts"

const limit = { timeout: 600_000 }
const needs = { ...limit, skip: missingProgram("unshare", "mount") }

test("STO-06 STO-07 a damaged file is refused by name and left as it is, or costs nothing", limit, async (t) => {
  await report(t, await damagedStarts(5))
})

test("what may not be read or written is refused by name", needs, async (t) => {
  await report(t, await withoutRights())
})

test("STO-11 a disk that is full or read-only loses no write that was answered", needs, async (t) => {
  await report(t, await smallDisks())
})

test("STO-06 a log whose WAL is cut under the gateway is not taken for a whole one", limit, async (t) => {
  await report(
    t,
    await damagedWhileRunning(runningDamages.filter(({ what }) => what === "the WAL is cut to nothing")),
  )
})
