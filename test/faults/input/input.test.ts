/** Seven rounds of `npm run faults -- input`, a part of its strings, and all of its edges. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { report } from "../report.ts"
import { commandLines } from "./command-lines.ts"
import { edges, fuzz, naughty } from "./input.ts"

const limit = { timeout: 300_000 }

const parts = [
  ["IN-20 messages and requests bent at random", 20_000, () => fuzz(7)],
  ["IN-06 naughty strings in every place of a text", 2_500, () => naughty(30)],
  ["IN-01 IN-19 the edges of every limit", 2_500, () => edges()],
] as const

for (const [what, least, run] of parts)
  test(`${what} are refused or served, and the next call works`, limit, async (t) => {
    const found = await run()
    await report(t, found)
    assert.ok(Number(found.figures["inputs"]) > least, "enough was thrown")
  })

test("IN-06 naughty strings in command lines end in an exit code", limit, async (t) => {
  await report(t, await commandLines(6))
})
