/** The clock that jumps are kept from. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { createSteadyClock } from "../../src/domain/steady-clock.ts"

const hourMs = 3_600_000
const believedAfterMs = 60_000

function kit() {
  const clock = { wallMs: 1_000 * hourMs, elapsedMs: 0 }
  const steady = createSteadyClock({ now: () => clock.wallMs, elapsed: () => clock.elapsedMs }, believedAfterMs)
  const pass = (ms: number): number => {
    clock.wallMs += ms
    clock.elapsedMs += ms
    return steady() - 1_000 * hourMs
  }
  const jump = (ms: number): void => void (clock.wallMs += ms)
  return { pass, jump }
}

test("it follows a clock that does not jump, and one that is set by a little", () => {
  const { pass, jump } = kit()
  assert.equal(pass(500), 500)
  jump(1_500)
  assert.equal(pass(500), 2_500)
  jump(-1_000)
  assert.equal(pass(500), 2_500, "it never goes back")
  assert.equal(pass(hourMs), 2_000 + hourMs)
})

test("a jump ahead that is taken back was none", () => {
  const { pass, jump } = kit()
  jump(100_000 * hourMs)
  assert.equal(pass(1_000), 1_000)
  assert.equal(pass(believedAfterMs - 1), believedAfterMs + 999)
  jump(-100_000 * hourMs)
  assert.equal(pass(1_000), believedAfterMs + 1_999)
})

test("a jump ahead that lasts is believed", () => {
  const { pass, jump } = kit()
  jump(hourMs)
  assert.equal(pass(1_000), 1_000)
  assert.equal(pass(believedAfterMs), hourMs + believedAfterMs + 1_000)
})

test("after a jump back time goes on at half its pace until the clock has caught up", () => {
  const { pass, jump } = kit()
  pass(hourMs)
  jump(-hourMs)
  assert.equal(pass(hourMs), 1.5 * hourMs)
  assert.equal(pass(hourMs), 2 * hourMs)
  assert.equal(pass(hourMs), 3 * hourMs)
})
