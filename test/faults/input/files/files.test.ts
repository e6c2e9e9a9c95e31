/** Two rounds of bad files of `npm run faults -- input`, a part of its strings, and forty slow writers. */

import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { test } from "node:test"
import { fileRounds, halfWritten } from "./file-rounds.ts"

const limit = { timeout: 120_000 }

test("every bad file is a service or a problem, and the good one stays as it was", limit, async (t) => {
  const { figures, violations } = await fileRounds(2, randomInt(2 ** 30), 7)
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(violations.slice(0, 10), [])
})

test("CFG-02 a file that is written slowly is never half a service", limit, async (t) => {
  const { figures, violations } = await halfWritten(40)
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(violations, [])
})
