/** Counters under a clock that jumps. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { MemoryCounters } from "../../../src/stores/memory/counters.ts"
import { SteadyCounters } from "../../../src/stores/memory/steady-counters.ts"
import { charge, hourMs, ruleOf, start } from "../../contracts/counters-kit.ts"

const tenYearsMs = 87_600 * hourMs

function kit() {
  const clock = { now: start, elapsed: 0 }
  const clocks = { now: () => clock.now, elapsed: () => clock.elapsed }
  const counters = new SteadyCounters(new MemoryCounters(), clocks)
  const one = charge("k", ruleOf("fixed_window", 1))
  return {
    clock,
    counters,
    take: () => counters.take([one], clock.now),
    read: () => counters.read([one], clock.now),
  }
}

test("a jump ahead opens no window, and its end is told in the time of day of the moment", async () => {
  const { clock, take, read } = kit()
  assert.equal((await take()).allowed, true)
  clock.now += tenYearsMs
  const refused = await take()
  assert.ok(!refused.allowed)
  assert.equal(refused.retryAfterMs, hourMs)
  assert.equal(refused.resetsAtMs, clock.now + hourMs)
  const [count] = await read()
  assert.deepEqual(count, { used: 1, limit: 1, resetsAtMs: clock.now + hourMs })
})

test("what was used up while the clock was wrong is there again in time, whichever way it was wrong", async () => {
  for (const jumpMs of [tenYearsMs, -hourMs]) {
    const { clock, take } = kit()
    clock.now += jumpMs
    assert.equal((await take()).allowed, true)
    clock.now -= jumpMs
    assert.equal((await take()).allowed, false)
    clock.now += 2 * hourMs
    clock.elapsed += 2 * hourMs
    assert.equal((await take()).allowed, true)
  }
})
