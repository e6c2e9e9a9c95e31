import assert from "node:assert/strict"
import { test } from "node:test"
import { ManagementLimits } from "../../src/call/limit-management.ts"
import { GatewayError } from "../../src/errors.ts"

const rates = { managementPerMinute: 60, changesPerMinute: 6 }

/** How many of these pass, and what the next is told. */
function flood(limits: ManagementLimits, isChange: boolean, nowMs: number, principalId = "ann") {
  for (let passed = 0; passed < 1_000; passed++) {
    try {
      limits.take({ principalId, isChange }, nowMs)
    } catch (thrown) {
      assert.ok(thrown instanceof GatewayError && thrown.code === "quota_exceeded", String(thrown))
      return { passed, retryAfterMs: thrown.retryAfterMs ?? 0, limit: thrown.detail["limit"] }
    }
  }
  return { passed: 1_000 }
}

test("AGT-14 so many changes pass in a minute, then one as each is due, and reading goes on", () => {
  const limits = new ManagementLimits(rates)
  const nowMs = 5_000
  assert.deepEqual(flood(limits, true, nowMs), {
    passed: 6,
    retryAfterMs: 10_000,
    limit: "limits.changesPerMinute",
  })
  assert.equal(flood(limits, true, nowMs + 9_999).passed, 0)
  assert.equal(flood(limits, true, nowMs + 10_000).passed, 1)
  assert.equal(flood(limits, false, nowMs + 10_000).passed, 59)
})

test("changes count among all operations, and what is refused takes nothing", () => {
  const limits = new ManagementLimits({ managementPerMinute: 4, changesPerMinute: 6 })
  assert.deepEqual(flood(limits, true, 0), {
    passed: 4,
    retryAfterMs: 15_000,
    limit: "limits.managementPerMinute",
  })
  assert.equal(flood(limits, true, 15_000).passed, 1)
})

test("nobody waits for longer than until the next is due, however hard they or others tried", () => {
  const limits = new ManagementLimits(rates)
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) flood(limits, true, nowMs)
  assert.ok((flood(limits, true, 60_000).retryAfterMs ?? 0) <= 10_000)
  assert.equal(flood(limits, true, 60_000, "bob").passed, 6)
})

test("0 lets any number pass", () => {
  const limits = new ManagementLimits({ managementPerMinute: 0, changesPerMinute: 0 })
  assert.deepEqual([flood(limits, true, 0), flood(limits, false, 0)], [{ passed: 1_000 }, { passed: 1_000 }])
})

test("who has waited long enough is forgotten, and nobody else", () => {
  const limits = new ManagementLimits(rates)
  flood(limits, true, 60_000, "ann")
  for (let at = 0; at < 2_000; at++) limits.take({ principalId: `crowd ${at}`, isChange: true }, 60_000)
  assert.equal(flood(limits, true, 60_001, "ann").passed, 0)
  assert.equal(flood(limits, true, 120_000, "ann").passed, 6)
})
