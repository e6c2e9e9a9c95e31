/** A part of `npm run faults -- power`. Needs strace. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { missingProgram } from "../missing-program.ts"
import { powerOrder } from "./power.ts"
import { report } from "../report.ts"

const needs = { skip: missingProgram("strace"), timeout: 600_000 }

test(
  "AUD-04 with audit.sync at power nothing is forwarded or answered before its entry is on the disk",
  needs,
  async (t) => {
    const found = await powerOrder(100)
    await report(t, found)
    assert.equal(found.figures["calls answered"], 100)
  },
)

test("without it the order is another, which the reading of the system calls shows", needs, async () => {
  const { violations } = await powerOrder(10, "process")
  assert.match(violations.join("\n"), /^\d+ calls were forwarded or answered before they were synced$/)
})
