/** Three jumps of `npm run faults -- clock`. */

import { test } from "node:test"
import { missingProgram } from "../missing-program.ts"
import { report } from "../report.ts"
import { clockJumps, fewJumps } from "./jumps.ts"

const needs = { timeout: 600_000, skip: missingProgram("faketime") }

test("STO-08 a clock that jumps changes no interval, loses no call and breaks no chain", needs, async (t) => {
  await report(t, await clockJumps(fewJumps))
})
