/** Each way of `npm run faults -- unwritable`. Needs strace and unshare. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { missingProgram } from "../missing-program.ts"
import { report } from "../report.ts"
import { unwritableWays } from "./unwritable.ts"

const needs = { skip: missingProgram("strace", "unshare", "mount"), timeout: 600_000 }

test(
  "AUD-05 while the audit log cannot be written nothing is forwarded, and soon after it goes on",
  needs,
  async (t) => {
    const found = await unwritableWays()
    await report(t, found)
    assert.equal(Object.keys(found.figures).length, 6)
  },
)
