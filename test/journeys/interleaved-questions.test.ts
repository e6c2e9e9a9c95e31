import assert from "node:assert/strict"
import { test } from "node:test"
import { interleave } from "./interleaved-questions.ts"

test(
  "ISO-13 of many questions at once in all four cells each reaches its own client",
  { timeout: 120_000 },
  async (t) => {
    const { cells, wrong, lost, hung, ms } = await interleave({ principals: 8, calls: 256 })
    t.diagnostic(`256 calls in ${ms} ms`)
    assert.deepEqual([wrong, lost, hung], [[], [], []])
    assert.deepEqual(cells, {
      "modern client, modern service": 64,
      "legacy client, modern service": 64,
      "modern client, legacy service": 64,
      "legacy client, legacy service": 64,
    })
  },
)
