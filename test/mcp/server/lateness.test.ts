import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { test } from "node:test"
import { Lateness } from "../../../src/mcp/server/lateness.ts"

test("what waits for too long is told of once, and what is done before never", async () => {
  const told: object[] = []
  const late = new Lateness<object>(20, (waiting) => told.push(waiting))
  const [slow, quick, later] = [{}, {}, {}]
  late.add(slow)
  late.add(quick)
  late.delete(quick)
  while (told.length === 0) await sleep(1)
  late.add(later)
  while (told.length === 1) await sleep(1)
  assert.deepEqual(told, [slow, later])
  assert.equal(told[0], slow)
})
