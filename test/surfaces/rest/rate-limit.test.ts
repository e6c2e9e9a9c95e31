import assert from "node:assert/strict"
import { test } from "node:test"
import type { AllowanceState } from "../../../src/call/limit.ts"
import { GatewayError } from "../../../src/errors.ts"
import { problemOf } from "../../../src/surfaces/rest/problem.ts"
import { rateLimitHeaders } from "../../../src/surfaces/rest/rate-limit.ts"

const nowMs = Date.UTC(2026, 10, 21, 12)

function state(id: string, unit: "calls" | "bytes" | "cost_usd", used: number): AllowanceState {
  const quota = {
    id,
    unit,
    window: { unit: "hour", count: 1, align: "calendar", timeZone: "UTC" },
  } as AllowanceState["quota"]
  return { quota, used, limit: 100, resetsAtMs: nowMs + 90_500 }
}

test("each quota of a call is told with what is left of it and when it begins anew", () => {
  assert.deepEqual(rateLimitHeaders([state("a", "calls", 99), state("b", "bytes", 130)], nowMs), {
    "ratelimit-policy": '"a";q=100;w=3600, "b";q=100;qu="content-bytes";w=3600',
    ratelimit: '"a";r=1;t=91, "b";r=0;t=91',
  })
})

test("what HTTP has no unit for is not told, and nothing where no quota applies", () => {
  assert.deepEqual(rateLimitHeaders([state("a", "cost_usd", 1)], nowMs), {})
  assert.deepEqual(rateLimitHeaders([], nowMs), {})
})

test("a refusal says which quota it was and when to come back", () => {
  const refusal = new GatewayError("quota_exceeded", "Used up.", {
    detail: { quota: "a", limit: 37 },
    retryAfterMs: 61_001,
  })
  const { status, headers } = problemOf(refusal)
  assert.equal(status, 429)
  assert.equal(headers["retry-after"], "62")
  assert.equal(headers["ratelimit"], '"a";r=0;t=62')
  assert.equal(headers["ratelimit-policy"], '"a";q=37')
})
