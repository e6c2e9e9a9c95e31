/** What every engine of counters promises of windows, of what is told late, and in the long run: see counters.ts. */

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Counters, Rule } from "../../src/domain/quota/counters.ts"
import { algorithms } from "../../src/domain/quota/quota.ts"
import { charge, hourMs, ruleOf, start, takeTimes, windowOf, type OpenedCounters } from "./counters-kit.ts"

export function countersOverTime(open: () => Promise<OpenedCounters>): void {
  windows(open)
  addedLater(open)
  properties(open)
}

function windows(open: () => Promise<OpenedCounters>): void {
  test("fixed_window: a calendar window ends when the clock on the wall says so", async () => {
    await using opened = await open()
    const window = windowOf("hour", { align: "calendar" })
    const one = charge("k", ruleOf("fixed_window", 1, { window }))
    const times = [start + 59 * 60_000, start + hourMs - 1, start + hourMs, start + hourMs + 1]
    const answers = await takeTimes(opened.counters, one, times)
    assert.deepEqual(
      answers.map(({ allowed, counts }) => [allowed, counts[0]?.resetsAtMs]),
      [
        [true, start + hourMs],
        [false, start + hourMs],
        [true, start + 2 * hourMs],
        [false, start + 2 * hourMs],
      ],
    )
  })

  test("fixed_window: a rolling window begins with the first call after the last one", async () => {
    await using opened = await open()
    const one = charge("k", ruleOf("fixed_window", 1))
    const times = [start + 1_000, start + hourMs, start + hourMs + 999, start + hourMs + 1_000, start + 3 * hourMs]
    const answers = await takeTimes(opened.counters, one, times)
    assert.deepEqual(
      answers.map(({ allowed }) => allowed),
      [true, false, false, true, true],
    )
    assert.equal(answers[4]?.counts[0]?.resetsAtMs, start + 4 * hourMs)
  })

  test("fixed_window: what is given back after its window has ended is not given to the next", async () => {
    await using opened = await open()
    const one = charge("k", ruleOf("fixed_window", 1))
    await takeTimes(opened.counters, one, [start, start + hourMs])
    await opened.counters.add([{ ...one, amount: -1 }], start)
    assert.ok(!(await opened.counters.take([one], start + hourMs)).allowed)
  })

  test("sliding_window: a burst at the end of one hour leaves nothing for the begin of the next", async () => {
    await using opened = await open()
    const one = charge("k", ruleOf("sliding_window", 3))
    const late = start + hourMs - 10
    const answers = await takeTimes(opened.counters, one, [late, late, late, late + 20, late + hourMs / 2])
    assert.deepEqual(
      answers.map(({ allowed }) => allowed),
      [true, true, true, false, false],
    )
  })

  test("sliding_window: the wait is rounded up by one part in 4,095 at most", async () => {
    await using opened = await open()
    const one = charge("k", ruleOf("sliding_window", 1))
    await opened.counters.take([one], start + 1)
    const taken = await opened.counters.take([one], start + 1)
    assert.ok(!taken.allowed)
    assert.ok(taken.retryAfterMs >= hourMs && taken.retryAfterMs <= hourMs + Math.ceil(hourMs / 4_095))
  })

  test("token_bucket: it fills up evenly and no further than its limit", async () => {
    await using opened = await open()
    const rule = ruleOf("token_bucket", 60)
    const used = async (atMs: number) => (await opened.counters.read([charge("k", rule)], atMs))[0]?.used
    await opened.counters.take([charge("k", rule, 60)], start)
    assert.equal(await used(start + 59_999), 60)
    assert.equal(await used(start + 60_000), 59)
    assert.equal(await used(start + hourMs / 2), 30)
    assert.equal(await used(start + 100 * hourMs), 0)
    const again = await opened.counters.take([charge("k", rule, 61)], start + 100 * hourMs)
    assert.ok(!again.allowed, "a bucket holds no more than its limit")
  })

  test("token_bucket: years in which nothing was used do not make it fuller", async () => {
    await using opened = await open()
    const one = charge("k", ruleOf("token_bucket", 2 ** 50, { window: windowOf("month") }), 2 ** 50)
    assert.ok((await opened.counters.take([one], start)).allowed)
    const later = start + 20 * 365 * 24 * hourMs
    const answers = await takeTimes(opened.counters, one, [later, later])
    assert.deepEqual(
      answers.map(({ allowed }) => allowed),
      [true, false],
    )
  })
}

function addedLater(open: () => Promise<OpenedCounters>): void {
  for (const algorithm of algorithms) {
    test(`${algorithm}: what is counted again in the order of time leaves what was left before`, async () => {
      await using opened = await open()
      const one = charge("k", ruleOf(algorithm, 10))
      const times = Array.from({ length: 8 }, (_, n) => start + n * 60_000)
      for (const atMs of times) await opened.counters.take([{ ...one, key: "live" }], atMs)
      for (const atMs of times) await opened.counters.add([one], atMs)
      const now = start + 30 * 60_000
      const [live, again] = await opened.counters.read([{ ...one, key: "live" }, one], now)
      assert.deepEqual(again, live)
    })

    test(`${algorithm}: what is told late is counted, whatever came meanwhile`, async () => {
      await using opened = await open()
      const one = charge("k", ruleOf(algorithm, 3))
      await opened.counters.take([one], start + 10_000)
      await opened.counters.add([{ ...one, amount: 2 }], start + 5_000)
      assert.ok(!(await opened.counters.take([one], start + 10_000)).allowed)
    })
  }
}

/** Steps of a client: how long it waits, and how much it wants. */
const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 4 })), {
  minLength: 1,
  maxLength: 60,
})
const limits = fc.integer({ min: 1, max: 12 })

type Passed = { readonly atMs: number; readonly amount: number }

async function passedOf(
  counters: Counters,
  rule: Rule,
  wanted: readonly (readonly [number, number])[],
): Promise<Passed[]> {
  const passed: Passed[] = []
  let atMs = start
  for (const [waitMs, amount] of wanted) {
    atMs += waitMs
    if ((await counters.take([charge("k", rule, amount)], atMs)).allowed) passed.push({ atMs, amount })
  }
  return passed
}

function properties(open: () => Promise<OpenedCounters>): void {
  test("sliding_window: no time of its length holds more than the limit, wherever it is laid", async () => {
    for (const [unit, lengthMs, stretch] of [
      ["second", 1_000, 1],
      ["minute", 60_000, 37],
      ["day", 86_400_000, 40_009],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(steps, limits, async (wanted, limit) => {
          await using opened = await open()
          const rule = ruleOf("sliding_window", limit, { window: windowOf(unit) })
          const stretched = wanted.map(([waitMs, amount]) => [waitMs * stretch, amount] as const)
          const passed = await passedOf(opened.counters, rule, stretched)
          for (const { atMs: from } of passed) {
            const within = passed.filter(({ atMs }) => atMs >= from && atMs < from + lengthMs)
            assert.ok(within.reduce((sum, { amount }) => sum + amount, 0) <= limit)
          }
        }),
        { numRuns: 60 },
      )
    }
  })

  test("token_bucket: never above the burst and the rate, however it is asked", async () => {
    await fc.assert(
      fc.asyncProperty(steps, limits, async (wanted, limit) => {
        await using opened = await open()
        const rule = ruleOf("token_bucket", limit, { window: windowOf("second") })
        const passed = await passedOf(opened.counters, rule, wanted)
        for (const [first, { atMs: from }] of passed.entries()) {
          let sum = 0
          for (const { atMs, amount } of passed.slice(first)) {
            sum += amount
            assert.ok(sum <= limit + (limit * (atMs - from)) / 1_000)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test("token_bucket: asked all the time, its rate is within 1 % of the limit per window", async () => {
    await using opened = await open()
    for (const [limit, stepMs] of [
      [7, 1],
      [100, 3],
      [333, 2],
    ] as const) {
      const one = charge(`rate ${limit}`, ruleOf("token_bucket", limit, { window: windowOf("second") }))
      let passed = 0
      for (let atMs = start; atMs < start + 100_000; atMs += stepMs)
        if ((await opened.counters.take([one], atMs)).allowed) passed += 1
      const rate = (passed - limit) / 100
      assert.ok(Math.abs(rate - limit) <= limit / 100, `${rate} a second instead of ${limit}`)
    }
  })
}
