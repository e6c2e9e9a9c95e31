import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../../src/errors.ts"
import { Breaker } from "../../../src/fleet/links/breaker.ts"
import { eventually } from "../../journeys/eventually.ts"

const limits = { failures: 3, failurePercent: 50, calls: 10, windowMs: 1_000, waitMs: 100, maxWaitMs: 400 }

function open(over: Partial<typeof limits> = {}): { breaker: Breaker; clock: { ms: number }; changes: string[] } {
  const clock = { ms: 10_000 }
  const changes: string[] = []
  const breaker: Breaker = new Breaker({
    limits: { ...limits, ...over },
    now: () => clock.ms,
    random: () => 1,
    onChange: () => changes.push(breaker.state),
  })
  return { breaker, clock, changes }
}

function fail(breaker: Breaker, times = 1): void {
  for (let made = 0; made < times; made++) {
    const call = {}
    assert.equal(breaker.lets(call), true)
    breaker.failed(call, new GatewayError("service_unavailable", "It broke."))
    breaker.left(call)
  }
}

function succeed(breaker: Breaker, times = 1): void {
  for (let made = 0; made < times; made++) {
    const call = {}
    assert.equal(breaker.lets(call), true)
    breaker.succeeded(call)
    breaker.left(call)
  }
}

test("failures in a row open it, and a success between them does not let them add up", (t) => {
  const { breaker } = open()
  t.after(() => breaker.stop())
  fail(breaker, 2)
  succeed(breaker)
  fail(breaker, 2)
  assert.equal(breaker.state, "closed")
  fail(breaker)
  assert.equal(breaker.state, "open")
  assert.equal(breaker.lets({}), false)
  const { retryAfterMs, detail, code } = breaker.refusal()
  assert.deepEqual([code, retryAfterMs, detail], ["service_unavailable", 100, { sent: false, breaker: "open" }])
})

test("a share of failures in one window opens it, of few calls or of an older window does not", (t) => {
  const { breaker, clock } = open({ failures: 0 })
  t.after(() => breaker.stop())
  succeed(breaker, 1_000)
  fail(breaker, 4)
  succeed(breaker, 2)
  clock.ms += limits.windowMs
  fail(breaker, 9)
  assert.equal(breaker.state, "closed")
  fail(breaker)
  assert.equal(breaker.state, "open")
})

test("calls that end with one connection have failed once", (t) => {
  const { breaker } = open()
  t.after(() => breaker.stop())
  const lost = new GatewayError("service_unavailable", "The connection was lost.")
  for (let calls = 0; calls < 50; calls++) breaker.failed({}, lost)
  assert.equal(breaker.state, "closed")
})

test("after the wait one call is let through, and what becomes of it decides", (t) => {
  const { breaker, clock, changes } = open()
  t.after(() => breaker.stop())
  fail(breaker, 3)
  clock.ms += 99
  assert.equal(breaker.lets({}), false)
  clock.ms += 1
  assert.equal(breaker.state, "half_open")
  const probe = {}
  assert.deepEqual([breaker.lets(probe), breaker.lets({}), breaker.lets(probe)], [true, false, true])
  breaker.succeeded({}) // of a call that was under way when it opened
  breaker.failed({}, new GatewayError("timeout", "It was late."))
  assert.equal(breaker.state, "half_open")
  breaker.succeeded(probe)
  assert.equal(breaker.state, "closed")
  assert.deepEqual(changes, ["open", "closed"])
})

test("each try that fails doubles the wait, up to a limit, until a call succeeds once it is closed", (t) => {
  const { breaker, clock } = open()
  t.after(() => breaker.stop())
  const waits: number[] = []
  fail(breaker, 3)
  for (let tries = 0; tries < 4; tries++) {
    waits.push(breaker.refusal().retryAfterMs ?? 0)
    clock.ms += waits.at(-1) ?? 0
    fail(breaker)
  }
  assert.deepEqual(waits, [100, 200, 400, 400])
  clock.ms += 400
  succeed(breaker, 2)
  fail(breaker, 3)
  assert.equal(breaker.refusal().retryAfterMs, 100)
})

test("a probe whose caller goes away leaves its place to the next", (t) => {
  const { breaker, clock } = open()
  t.after(() => breaker.stop())
  fail(breaker, 3)
  clock.ms += 100
  const gone = {}
  breaker.lets(gone)
  assert.equal(breaker.refusal().retryAfterMs, limits.waitMs, "nobody knows when the probe will be back")
  breaker.left(gone)
  assert.equal(breaker.lets({}), true)
})

test("an answered ping closes it where nobody calls, and then one failure opens it", (t) => {
  const { breaker, clock } = open()
  t.after(() => breaker.stop())
  fail(breaker, 3)
  breaker.answeredPing()
  assert.equal(breaker.state, "open")
  clock.ms += 100
  breaker.answeredPing()
  assert.equal(breaker.state, "closed")
  fail(breaker)
  assert.equal(breaker.state, "open")
})

test("a new connection is tried without waiting", (t) => {
  const { breaker } = open()
  t.after(() => breaker.stop())
  fail(breaker, 3)
  breaker.reconnected()
  assert.equal(breaker.state, "half_open")
  assert.equal(breaker.lets({}), true)
})

test("waits are spread from half of their length to all of it", (t) => {
  const draws = [0, 0.5, 0.999]
  const waits = draws.map((draw) => {
    const breaker = new Breaker({ limits, now: () => 0, random: () => draw, onChange: () => {} })
    t.after(() => breaker.stop())
    fail(breaker, 3)
    return breaker.refusal().retryAfterMs
  })
  assert.deepEqual(waits, [50, 75, 100])
})

test("that its wait is over is told when it is, whatever clock the timer goes by", async (t) => {
  const { breaker, clock, changes } = open({ waitMs: 2 })
  t.after(() => breaker.stop())
  fail(breaker, 3)
  clock.ms += 1
  await sleep(20)
  assert.deepEqual(changes, ["open"])
  clock.ms += 1
  await eventually("it is told", () => changes.length > 1)
  assert.deepEqual(changes, ["open", "half_open"])
})
