import assert from "node:assert/strict"
import { test } from "node:test"
import { compileQuotas } from "../../../src/domain/quota/compiled-quotas.ts"
import { restoreCounts } from "../../../src/domain/quota/restore.ts"
import type { Quota } from "../../../src/domain/quota/quota.ts"
import type { PastUse } from "../../../src/domain/usage.ts"
import { MemoryCounters } from "../../../src/stores/memory/counters.ts"
import { quotaOf } from "./samples.ts"

const hourMs = 3_600_000
const minuteMs = 60_000
const nowMs = Date.UTC(2026, 10, 21, 12, 30)

function useAt(timeMs: number, changes: Partial<PastUse> = {}): PastUse {
  const who = { principalId: "ann", keyId: "k1", team: "red", service: "files", tool: "files__read" }
  return { timeMs, ...who, calls: 1, bytes: 0, computeMs: 0, costMicroUsd: 0, ...changes }
}

function pastOf(uses: readonly PastUse[]) {
  return async function* (sinceMs: number, untilMs: number): AsyncIterable<PastUse> {
    yield* uses.filter(({ timeMs }) => timeMs >= sinceMs && timeMs < untilMs)
  }
}

async function restored(quotas: readonly Quota[], uses: readonly PastUse[]): Promise<MemoryCounters> {
  const counters = new MemoryCounters()
  await restoreCounts(quotas, { counters, past: pastOf(uses) }, nowMs)
  return counters
}

async function usedOf(quota: Quota, uses: readonly PastUse[], principalId = "ann"): Promise<number | undefined> {
  const counters = await restored([quota], uses)
  const call = { principalId, keyId: "k1", team: "red", service: "files", canonicalName: "files__read" }
  const [count] = await counters.read(compileQuotas([quota]).find(call), nowMs)
  return count?.used
}

test("after a restart each quota has counted what is in its window", async () => {
  const uses = [-130, -61, -45, -29, -5, -1].map((minutes) => useAt(nowMs + minutes * minuteMs))
  assert.equal(await usedOf(quotaOf("c", { window: { align: "calendar" } }), uses), 3)
  assert.equal(await usedOf(quotaOf("r"), uses), 4)
  assert.equal(await usedOf(quotaOf("s", { algorithm: "sliding_window" }), uses), 4)
})

test("each unit counts its own, at the end of the call where it was known only then", async () => {
  const uses = [useAt(nowMs - 9), useAt(nowMs - 5, { calls: 0, bytes: 700, computeMs: 1.5, costMicroUsd: 20 })]
  const units = ["calls", "bytes", "compute_ms", "cost_usd"] as const
  const used = await Promise.all(units.map((unit) => usedOf(quotaOf(unit, { unit }), uses)))
  assert.deepEqual(used, [1, 700, 1_500, 20])
})

test("what was used before a quota was made is not counted, nor what others used", async () => {
  const uses = [useAt(nowMs - 20 * minuteMs), useAt(nowMs - minuteMs), useAt(nowMs - 9, { principalId: "bob" })]
  assert.equal(await usedOf(quotaOf("a", { createdAtMs: nowMs - 10 * minuteMs }), uses), 1)
  assert.equal(await usedOf(quotaOf("b", { createdAtMs: nowMs }), uses), 0)
  const each = quotaOf("e", { subject: { kind: "each_principal" } })
  assert.deepEqual([await usedOf(each, uses, "ann"), await usedOf(each, uses, "bob")], [2, 1])
})

test("only as much of the past is read as some quota needs", async () => {
  const asked: number[] = []
  const past = (sinceMs: number): AsyncIterable<PastUse> => {
    asked.push(sinceMs)
    return pastOf([])(0, 0)
  }
  const counters = new MemoryCounters()
  await restoreCounts([], { counters, past }, nowMs)
  await restoreCounts([quotaOf("n", { createdAtMs: nowMs })], { counters, past }, nowMs)
  const month = { unit: "month", align: "calendar", timeZone: "Europe/Berlin" } as const
  await restoreCounts([quotaOf("h"), quotaOf("m", { window: month })], { counters, past }, nowMs)
  assert.deepEqual(asked, [Date.UTC(2026, 9, 31, 23)])
})

test("a bucket that was used all the time is as empty after a restart as before", async () => {
  const quota = quotaOf("b", { algorithm: "token_bucket", limit: 60 })
  const counters = new MemoryCounters()
  const applied = compileQuotas([quota]).find({
    principalId: "ann",
    service: "files",
    canonicalName: "files__read",
  })
  const charges = applied.map(({ key, rule }) => ({ key, rule, amount: 1 }))
  const uses: PastUse[] = []
  for (let atMs = nowMs - 5 * hourMs; atMs < nowMs; atMs += 20_000)
    if ((await counters.take(charges, atMs)).allowed) uses.push(useAt(atMs))
  const [before] = await counters.read(charges, nowMs)
  assert.ok((before?.used ?? 0) >= 58, "it was drained")
  assert.equal(await usedOf(quota, uses), before?.used)
})

test("a bucket that was used little is full after a restart, and one of somebody new was never touched", async () => {
  const quota = quotaOf("b", { algorithm: "token_bucket", limit: 60 })
  assert.equal(await usedOf(quota, [useAt(nowMs - 90 * minuteMs), useAt(nowMs - 50 * minuteMs)]), 0)
  assert.equal(await usedOf(quota, [useAt(nowMs - 59 * minuteMs, { calls: 60 })]), 1)
  assert.equal(await usedOf({ ...quota, createdAtMs: nowMs - minuteMs }, [useAt(nowMs - 1, { calls: 7 })]), 7)
  assert.equal(await usedOf(quota, []), 0)
})
