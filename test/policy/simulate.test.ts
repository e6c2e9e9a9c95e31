import assert from "node:assert/strict"
import { test } from "node:test"
import { compareWithReplay } from "./replayed.ts"

const calls = Number(process.env["MCP_META_TESTS_AUDITED"] ?? 5_000)

test("simulate_policy names exactly the calls that the drafted policy then refuses, and those it then lets through", async (t) => {
  const { mismatches, denied, allowed, simulateMs } = await compareWithReplay(calls)
  t.diagnostic(
    `${calls} audited calls simulated in ${Math.round(simulateMs)} ms: ${denied} denied, ${allowed} allowed, mismatches ${mismatches.length}`,
  )
  assert.deepEqual(mismatches.slice(0, 10), [])
  assert.ok(denied > calls / 20 && allowed > calls / 100, `${denied} ${allowed}`)
})
