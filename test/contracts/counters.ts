/**
 * What every engine of counters promises, whatever it counts in: all or none, exact, and never more than the limit. The
 * half of it that is about time: counters-over-time.ts.
 */

import assert from "node:assert/strict"
import { test } from "node:test"
import { algorithms } from "../../src/domain/quota/quota.ts"
import { charge, hourMs, ruleOf, start, takeTimes, windowOf, type OpenedCounters } from "./counters-kit.ts"
import { countersOverTime } from "./counters-over-time.ts"

export function countersContract(open: () => Promise<OpenedCounters>): void {
  exactness(open)
  countersOverTime(open)
}

function exactness(open: () => Promise<OpenedCounters>): void {
  for (const algorithm of algorithms) {
    test(`QUO-01 ${algorithm}: of 1,000 calls at once against a limit of 37 exactly 37 pass, 100 times over`, async () => {
      await using opened = await open()
      for (let round = 0; round < 100; round++) {
        const one = charge(`round ${round}`, ruleOf(algorithm, 37))
        const answers = await Promise.all(Array.from({ length: 1_000 }, () => opened.counters.take([one], start)))
        assert.equal(answers.filter(({ allowed }) => allowed).length, 37)
      }
    })

    test(`QUO-05 ${algorithm}: a call that one of three quotas refuses is counted by none`, async () => {
      await using opened = await open()
      const [wide, middle, narrow] = [100, 50, 3].map((limit) => ruleOf(algorithm, limit))
      assert.ok(wide && middle && narrow)
      const all = [charge("wide", wide), charge("middle", middle), charge("narrow", narrow)]
      const answers = await Promise.all(Array.from({ length: 200 }, () => opened.counters.take(all, start)))
      assert.equal(answers.filter(({ allowed }) => allowed).length, 3)
      const refused = answers.find((taken) => !taken.allowed)
      assert.equal(refused && !refused.allowed && refused.refusedBy, 2)
      const used = (await opened.counters.read(all, start)).map((count) => count.used)
      assert.deepEqual(used, [3, 3, 3])
    })

    test(`${algorithm}: a limit of 0 lets nothing pass and says when to look again`, async () => {
      await using opened = await open()
      for (const amount of [0, 1]) {
        const taken = await opened.counters.take([charge("none", ruleOf(algorithm, 0), amount)], start)
        assert.ok(!taken.allowed && taken.retryAfterMs > 0)
      }
    })

    test(`${algorithm}: a charge of nothing passes while anything is left`, async () => {
      await using opened = await open()
      const rule = ruleOf(algorithm, 10)
      assert.ok((await opened.counters.take([charge("k", rule, 0)], start)).allowed)
      await opened.counters.add([charge("k", rule, 9)], start)
      assert.ok((await opened.counters.take([charge("k", rule, 0)], start)).allowed)
      assert.ok(!(await opened.counters.take([charge("k", rule, 2)], start)).allowed, "what is known must be left")
      await opened.counters.add([charge("k", rule, 500)], start)
      assert.ok(!(await opened.counters.take([charge("k", rule, 0)], start)).allowed)
      assert.equal((await opened.counters.read([charge("k", rule)], start))[0]?.used, 509)
    })

    test(`${algorithm}: a warning quota counts above its limit and refuses nothing`, async () => {
      await using opened = await open()
      const warn = charge("w", ruleOf(algorithm, 1, { action: "warn" }))
      for (let n = 1; n <= 3; n++) {
        const { allowed, counts } = await opened.counters.take([warn], start)
        assert.deepEqual([allowed, counts[0]?.used], [true, n])
      }
    })

    test(`${algorithm}: what is given back can be used again, and what was never taken cannot be given`, async () => {
      await using opened = await open()
      const one = charge("g", ruleOf(algorithm, 1))
      assert.ok((await opened.counters.take([one], start)).allowed)
      await opened.counters.add([{ ...one, amount: -1 }], start)
      await opened.counters.add([{ ...one, amount: -1 }], start)
      assert.deepEqual(
        (await takeTimes(opened.counters, one, [start, start])).map(({ allowed }) => allowed),
        [true, false],
      )
    })

    test(`${algorithm}: a limit that is changed holds for what was counted before`, async () => {
      await using opened = await open()
      const old = charge("c", ruleOf(algorithm, 5))
      await takeTimes(opened.counters, old, [start, start, start])
      assert.ok(!(await opened.counters.take([charge("c", ruleOf(algorithm, 2))], start)).allowed)
      const raised = charge("c", ruleOf(algorithm, 4))
      const answers = await takeTimes(opened.counters, raised, [start, start])
      assert.deepEqual(
        answers.map(({ allowed }) => allowed),
        [true, false],
      )
    })

    test(`${algorithm}: a forgotten key counts from nothing, others stay`, async () => {
      await using opened = await open()
      const rule = ruleOf(algorithm, 1)
      await opened.counters.take([charge("a", rule), charge("b", rule)], start)
      await opened.counters.forget("a")
      assert.ok((await opened.counters.take([charge("a", rule)], start)).allowed)
      assert.ok(!(await opened.counters.take([charge("b", rule)], start)).allowed)
    })

    test(`${algorithm}: amounts that cannot be are refused and change nothing`, async () => {
      await using opened = await open()
      const rule = ruleOf(algorithm, 10)
      for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300]) {
        await assert.rejects(opened.counters.take([charge("k", rule), charge("x", rule, amount)], start), {
          code: "invalid",
        })
      }
      for (const amount of [0.5, Number.NaN, Number.NEGATIVE_INFINITY, -(2 ** 53), 1e300]) {
        await assert.rejects(opened.counters.add([charge("k", rule), charge("x", rule, amount)], start), {
          code: "invalid",
        })
      }
      assert.equal((await opened.counters.read([charge("k", rule)], start))[0]?.used, 0)
    })

    test(`${algorithm}: a clock that goes back hands out nothing twice`, async () => {
      await using opened = await open()
      const one = charge("k", ruleOf(algorithm, 2))
      const answers = await takeTimes(opened.counters, one, [start, start, start - 1, start - 5 * hourMs, start])
      assert.deepEqual(
        answers.map(({ allowed }) => allowed),
        [true, true, false, false, false],
      )
    })

    test(`${algorithm}: who waits as long as told gets through, and not a ms before`, async () => {
      await using opened = await open()
      const one = charge("k", ruleOf(algorithm, 7, { window: windowOf("second") }), 3)
      await takeTimes(opened.counters, one, [start, start + 100])
      const refused = await opened.counters.take([one], start + 250)
      assert.ok(!refused.allowed)
      assert.equal(refused.resetsAtMs, start + 250 + refused.retryAfterMs)
      const { retryAfterMs } = refused
      assert.ok(!(await opened.counters.take([one], start + 250 + retryAfterMs - 1)).allowed)
      assert.ok((await opened.counters.take([one], start + 250 + retryAfterMs)).allowed)
    })
  }

  test("of several quotas that refuse, the one with the longest wait says how long", async () => {
    await using opened = await open()
    const short = charge("s", ruleOf("fixed_window", 1, { window: windowOf("minute") }))
    const long = charge("l", ruleOf("fixed_window", 1))
    await opened.counters.take([short, long], start)
    const taken = await opened.counters.take([short, long], start)
    assert.ok(!taken.allowed)
    assert.deepEqual([taken.refusedBy, taken.retryAfterMs], [1, hourMs])
  })
}
