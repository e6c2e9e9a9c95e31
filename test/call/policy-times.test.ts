import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { PolicyTimes } from "../../src/call/policy-times.ts"
import { keptPolicySchema, type Policy } from "../../src/domain/policy/policy.ts"

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const morning = Date.UTC(2026, 10, 23, 8)

function policy(time: object, mode = "enforce"): Policy {
  const rules = [{ id: "r", effect: "deny", time: { zone: "UTC", ...time } }]
  return keptPolicySchema.parse({ id: "p", name: "p", mode, rules, createdAtMs: 0, createdBy: "a", changedAtMs: 0, version: 1 }) // oxfmt-ignore
}

type World = {
  readonly times: PolicyTimes
  /** When it was told, in ms since the morning. */
  readonly told: readonly number[]
  /** How often it looked at the clock. */
  readonly looks: () => number
  /** Lets time pass, in steps as short as those of a clock. */
  readonly pass: (ms: number) => void
  /** Puts the clock forward or back: no time has passed. */
  readonly jump: (ms: number) => void
}

const stepMs = 250

function openWorld(t: TestContext): World {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: morning })
  let [aheadMs, looks] = [0, 0]
  const told: number[] = []
  const now = (): number => (looks++, Date.now() + aheadMs)
  return {
    times: new PolicyTimes({ now, onTurn: () => told.push(Date.now() - morning) }),
    told,
    looks: () => looks,
    pass: (ms) => {
      for (let passedMs = 0; passedMs < ms; passedMs += stepMs) t.mock.timers.tick(stepMs)
    },
    jump: (ms) => (aheadMs += ms),
  }
}

test("AUTHZ-06 it is told at the instant at which the time of a policy begins, and at which it ends", (t) => {
  const { times, told, pass } = openWorld(t)
  times.follow([policy({ from: "08:05", to: "08:20" }), policy({ from: "08:12" })])
  pass(hourMs)
  assert.deepEqual(told, [5 * minuteMs, 12 * minuteMs, 20 * minuteMs])
})

test("no clock is looked at where no rule in force speaks of a time, nor when it is over", (t) => {
  const { times, told, pass, looks } = openWorld(t)
  const looksInAMinute = (): number => {
    const before = looks()
    pass(minuteMs)
    return looks() - before
  }
  times.follow([policy({ to: "08:05" }, "shadow"), policy({ to: "08:05" }, "off")])
  assert.equal(looksInAMinute(), 0)
  times.follow([policy({ to: "08:05" }), policy({ from: "08:06" })])
  assert.ok(looksInAMinute() > 0)
  times.follow([])
  assert.equal(looksInAMinute(), 0)
  times.follow([policy({ to: "08:05" })])
  times.stop()
  assert.equal(looksInAMinute(), 0)
  pass(hourMs)
  assert.deepEqual(told, [])
})

test("a clock that jumps over the beginning of a time, or back before it, is noticed at once", (t) => {
  const { times, told, pass, jump } = openWorld(t)
  times.follow([policy({ from: "12:00", to: "13:00" })])
  pass(minuteMs)
  jump(4 * hourMs)
  pass(1_000)
  jump(-4 * hourMs)
  pass(1_000)
  assert.equal(told.length, 2)
  pass(hourMs)
  assert.equal(told.length, 2)
})
