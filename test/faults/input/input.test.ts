/** Seven rounds of `npm run faults -- input`, a part of its strings, and all of its edges. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { edges, fuzz, naughty } from "./input.ts"

const limit = { timeout: 240_000 }

const parts = [
  ["messages and requests bent at random", 20_000, () => fuzz(7)],
  ["naughty strings in every place of a text", 3_000, () => naughty(20)],
  ["the edges of every limit", 2_500, () => edges()],
] as const

for (const [what, least, run] of parts)
  test(`${what} are refused or served, and the next call works`, limit, async (t) => {
    const { figures, violations } = await run()
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(violations, [])
    assert.ok(Number(figures["inputs"]) > least, "enough was thrown")
  })
