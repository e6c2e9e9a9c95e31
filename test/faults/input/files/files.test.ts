/** Two rounds of bad files of `npm run faults -- input`, a part of its strings, and forty slow writers. */

import { randomInt } from "node:crypto"
import { test } from "node:test"
import { report } from "../../report.ts"
import { fileRounds, halfWritten } from "./file-rounds.ts"

const limit = { timeout: 120_000 }

test("CFG-01 every bad file is a service or a problem, and the good one stays as it was", limit, async (t) => {
  await report(t, await fileRounds(2, randomInt(2 ** 30), 7))
})

test("CFG-02 a file that is written slowly is never half a service", limit, async (t) => {
  await report(t, await halfWritten(40))
})
