/** Twenty rounds of `npm run faults -- kill`. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { killRounds } from "./kill.ts"
import { report } from "../report.ts"

const limit = { timeout: 600_000 }

test("AUD-01 whatever moment it is killed at, the gateway forgets no call and invents none", limit, async (t) => {
  const found = await killRounds(20)
  await report(t, found)
  assert.ok(Number(found.figures["closed as unknown after the crash"]) > 0, "calls were open when it was killed")
})
