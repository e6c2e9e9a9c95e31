import assert from "node:assert/strict"
import { test } from "node:test"
import { createLimiter, type Allowance, type LimitedCall, type Limiter } from "../../src/call/limit.ts"
import type { QuotaAlert } from "../../src/call/quota-alerts.ts"
import { compileQuotas } from "../../src/domain/quota/compiled-quotas.ts"
import type { Quota } from "../../src/domain/quota/quota.ts"
import { GatewayError } from "../../src/errors.ts"
import { MemoryCounters } from "../../src/stores/memory/counters.ts"
import { quotaOf } from "../domain/quota/samples.ts"
import { principal } from "./fixtures.ts"

const start = Date.UTC(2026, 10, 21, 9, 19)
const minuteMs = 60_000
const hourMs = 60 * minuteMs

type Kit = {
  readonly limiter: Limiter
  readonly alerts: QuotaAlert[]
  nowMs: number
  quotas: readonly Quota[]
  take(changes?: Partial<LimitedCall>): Promise<Allowance>
  used(): Promise<readonly number[]>
}

function openKit(quotas: readonly Quota[], maxOpenPerPrincipal = 1_000): Kit {
  const counters = new MemoryCounters()
  const alerts: QuotaAlert[] = []
  let known = quotas
  let compiled = compileQuotas(quotas)
  const limiter = createLimiter({
    quotas: () => {
      if (kit.quotas !== known) compiled = compileQuotas((known = kit.quotas))
      return compiled
    },
    counters,
    now: () => kit.nowMs,
    onAlert: (alert) => alerts.push(alert),
    maxOpenPerPrincipal,
  })
  const asked = { service: "files", canonicalName: "files__read", bytesIn: 0, fixedCostMicroUsd: 0 }
  const kit: Kit = {
    limiter,
    alerts,
    nowMs: start,
    quotas,
    take: async (changes = {}) =>
      limiter.limit({ principal: principal("ann", { permissions: ["self:read"] }), ...asked, ...changes }),
    used: async () => {
      const applied = compiled.find({ ...asked, principalId: "ann" })
      return (await counters.read(applied, kit.nowMs)).map(({ used }) => used)
    },
  }
  return kit
}

async function refused(asked: Promise<Allowance>): Promise<GatewayError> {
  const thrown: unknown = await asked.then(
    () => assert.fail("it was let through"),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof GatewayError, String(thrown))
  return thrown
}

/** Lets what a call added at its end be counted. */
const counted = () => new Promise(setImmediate)

test("where no quota covers a call it is let through at once", () => {
  const kit = openKit([quotaOf("bob", { subject: { kind: "principal", principalId: "bob" } })])
  const asked = { service: "files", canonicalName: "files__read", bytesIn: 5, fixedCostMicroUsd: 0 }
  const allowance = kit.limiter.limit({ principal: principal("ann", {}), ...asked })
  assert.ok(!(allowance instanceof Promise))
  assert.deepEqual(allowance.states, [])
  allowance.settle({ bytes: 9, computeMs: 1, costMicroUsd: 0 })
})

test("of many calls at once as many pass as the quota lets, the others learn when to come back", async () => {
  const quota = quotaOf("q1", { name: "ann's hour", limit: 37, window: { align: "calendar" } })
  const kit = openKit([quota])
  const answers = await Promise.allSettled(Array.from({ length: 1_000 }, () => kit.take()))
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 37)
  const error = await refused(kit.take())
  assert.equal(
    error.message,
    'The quota "ann\'s hour" of 37 calls per hour is used up. It resets at 2026-11-21T10:00:00.000Z (in 41 min). Do not retry before; ask admin for more, or see list_quotas.',
  )
  assert.deepEqual(error.toData(), {
    code: "quota_exceeded",
    retryable: true,
    retryAfterMs: 41 * minuteMs,
    next: { operation: "list_quotas" },
    quota: "q1",
    name: "ann's hour",
    subject: "principal:ann",
    target: "everything",
    limit: 37,
    unit: "calls",
    used: 37,
    resetsAt: "2026-11-21T10:00:00.000Z",
    contact: "admin",
  })
  kit.nowMs = start + 41 * minuteMs
  const { states } = await kit.take()
  assert.deepEqual(
    states.map(({ quota: { id }, used, limit, resetsAtMs }) => [id, used, limit, resetsAtMs]),
    [["q1", 1, 37, Date.UTC(2026, 10, 21, 11)]],
  )
})

test("a call that one quota refuses is counted by none of the others", async () => {
  const narrow = quotaOf("narrow", { limit: 1, target: { kind: "service", service: "files" } })
  const kit = openKit([quotaOf("wide"), narrow, quotaOf("middle", { limit: 10 })])
  await kit.take()
  assert.equal((await refused(kit.take())).detail["quota"], "narrow")
  assert.deepEqual(await kit.used(), [1, 1, 1])
})

test("a call that was not made is given back, one that was made is not, and only the first end counts", async () => {
  const kit = openKit([quotaOf("q", { limit: 2 })])
  const [first, second] = [await kit.take(), await kit.take()]
  first.settle({ bytes: 1, computeMs: 1, costMicroUsd: 1 })
  first.giveBack()
  second.giveBack()
  second.giveBack()
  await counted()
  assert.deepEqual(await kit.used(), [1])
})

test("what is known only at the end is counted then, and the next call sees it", async () => {
  const kit = openKit([
    quotaOf("bytes", { unit: "bytes", limit: 1_000 }),
    quotaOf("time", { unit: "compute_ms", limit: 100 }),
    quotaOf("cost", { unit: "cost_usd", limit: 1 }),
  ])
  const known = { bytesIn: 400, fixedCostMicroUsd: 250_000 }
  const [one, other] = [await kit.take(known), await kit.take(known)]
  assert.deepEqual(
    one.states.map(({ used }) => used),
    [400, 0, 0.25],
  )
  assert.match((await refused(kit.take(known))).message, /has 200 left and this call takes 400/)
  for (const allowance of [one, other]) allowance.settle({ bytes: 700, computeMs: 40.5, costMicroUsd: 300_000 })
  await counted()
  assert.deepEqual(await kit.used(), [1_400, 81_000, 600_000])
  const error = await refused(kit.take({ bytesIn: 0 }))
  assert.deepEqual([error.detail["quota"], error.detail["used"]], ["bytes", 1_400])
})

test("a call larger than a whole quota, and a quota of nothing, are said to be hopeless", async () => {
  const small = openKit([quotaOf("small", { unit: "bytes", limit: 10 })])
  assert.match(
    (await refused(small.take({ bytesIn: 11 }))).message,
    /smaller than what this call alone takes \(11\)\. No retry/,
  )
  const none = openKit([quotaOf("none", { limit: 0 })])
  const error = await refused(none.take())
  assert.match(error.message, /lets nothing pass\. No retry can help; ask admin/)
  assert.ok((error.retryAfterMs ?? 0) > 0)
})

test("a quota that only warns tells of it and lets everything through", async () => {
  const kit = openKit([quotaOf("w", { limit: 2, action: "warn", alertAt: [50, 100] })])
  for (let n = 0; n < 5; n++) await kit.take()
  assert.deepEqual(
    kit.alerts.map(({ quota, percent, used, limit }) => [quota.id, percent, used, limit]),
    [
      ["w", 50, 1, 2],
      ["w", 100, 2, 2],
    ],
  )
})

test("each percentage is told of once in a window, the highest alone where several are reached at once", async () => {
  const kit = openKit([
    quotaOf("q", { unit: "bytes", limit: 100, alertAt: [10, 50, 90], window: { align: "calendar" } }),
  ])
  const told = () => kit.alerts.map(({ percent, used }) => [percent, used])
  const first = await kit.take({ bytesIn: 60 })
  assert.deepEqual(told(), [[50, 60]])
  first.settle({ bytes: 95, computeMs: 0, costMicroUsd: 0 })
  await counted()
  await kit.take({ bytesIn: 1 })
  assert.deepEqual(told(), [
    [50, 60],
    [90, 95],
  ])
  kit.nowMs = start + hourMs
  await kit.take({ bytesIn: 10 })
  assert.deepEqual(told().at(-1), [10, 10])
})

test("one principal has only so many calls open, whatever quotas there are, and each end makes room", async () => {
  for (const quotas of [[], [quotaOf("q", { subject: { kind: "everyone" } })]]) {
    const kit = openKit(quotas, 2)
    const [first] = [await kit.take(), await kit.take()]
    const error = await refused(kit.take())
    assert.equal(error.code, "overloaded")
    assert.match(error.message, /limits\.callsPerPrincipal/)
    await kit.take({ principal: principal("bob", {}) })
    first.giveBack()
    first.settle({ bytes: 0, computeMs: 0, costMicroUsd: 0 })
    await kit.take()
    assert.equal((await refused(kit.take())).code, "overloaded", "one end made room for one")
  }
})

test("a refused call leaves no place taken", async () => {
  const kit = openKit([quotaOf("q", { limit: 0 })], 1)
  for (let n = 0; n < 3; n++) assert.equal((await refused(kit.take())).code, "quota_exceeded")
})

test("a limit that is lowered, raised or taken away holds from the next call on", async () => {
  const quota = quotaOf("q", { limit: 10 })
  const kit = openKit([quota])
  for (let n = 0; n < 5; n++) await kit.take()
  kit.quotas = [{ ...quota, limit: 3 }]
  assert.equal((await refused(kit.take())).detail["used"], 5)
  kit.quotas = [{ ...quota, limit: 6 }]
  await kit.take()
  assert.equal((await refused(kit.take())).detail["used"], 6)
  kit.quotas = []
  await kit.take()
})

test("a clock that is set back opens no second window, for what is taken and for what is added", async () => {
  const kit = openKit([quotaOf("q", { unit: "bytes", limit: 100, window: { align: "calendar" } })])
  const one = await kit.take({ bytesIn: 50 })
  kit.nowMs = start - 3 * hourMs
  one.settle({ bytes: 100, computeMs: 0, costMicroUsd: 0 })
  await counted()
  assert.equal((await refused(kit.take({ bytesIn: 1 }))).code, "quota_exceeded")
})

test("what was used before a restart is counted again", async () => {
  const kit = openKit([quotaOf("q", { limit: 3 })])
  const use = { principalId: "ann", keyId: "", team: "", service: "files", tool: "files__read" }
  await kit.limiter.restore(async function* () {
    yield { ...use, timeMs: start - 9, calls: 2, bytes: 0, computeMs: 0, costMicroUsd: 0 }
  }, start)
  await kit.take()
  assert.equal((await refused(kit.take())).detail["used"], 3)
})

test("who may not list quotas is not told to", async () => {
  const kit = openKit([quotaOf("q1", { limit: 0 })])
  const error = await refused(kit.take({ principal: principal("ann", {}) }))
  assert.match(error.message, /ask admin for more\.$/)
  assert.equal(error.next, undefined)
})
