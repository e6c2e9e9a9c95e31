import assert from "node:assert/strict"
import { test } from "node:test"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { MemoryCounters } from "../../../src/stores/memory/counters.ts"
import { charge, ruleOf, windowOf } from "../../contracts/counters-kit.ts"
import { countersContract } from "../../contracts/counters.ts"

countersContract(async () => ({ counters: new MemoryCounters(), [Symbol.asyncDispose]: async () => {} }))

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** What promises leave behind goes only when the event loop turns. */
async function heapBytes(): Promise<number> {
  await new Promise(setImmediate)
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const start = Date.UTC(2026, 10, 21)

test("a million distinct keys take bounded room", async () => {
  const counters = new MemoryCounters()
  const rule = ruleOf("fixed_window", 5, { window: windowOf("month") })
  for (let n = 0; n < 1_000_000; n++) await counters.take([charge(`key ${n}`, rule)], start)
  assert.ok(counters.size <= 100_000, `${counters.size} keys`)
})

test("keys that are idle go when others come, those that still count stay", async () => {
  const counters = new MemoryCounters()
  const month = ruleOf("fixed_window", 5, { window: windowOf("month") })
  const second = ruleOf("sliding_window", 5, { window: windowOf("second") })
  await counters.take([charge("month", month)], start)
  for (let n = 0; n < 10_000; n++) await counters.take([charge(`second ${n}`, second)], start + n * 1_000)
  assert.ok(counters.size < 100, `${counters.size} keys`)
  assert.equal((await counters.read([charge("month", month)], start + 10_000_000))[0]?.used, 1)
})

test("a sliding window of a month takes bounded room however often it is used", async () => {
  const counters = new MemoryCounters()
  const rule = ruleOf("sliding_window", 10_000_000, { window: windowOf("month") })
  const stepMs = 3_000
  const perWindow = (30 * 24 * 3_600_000) / stepMs
  const before = await heapBytes()
  for (let n = 0; n < perWindow; n++) await counters.take([charge("busy", rule)], start + n * stepMs)
  const grown = (await heapBytes()) - before
  assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes for ${perWindow} calls`)
  const [count] = await counters.read([charge("busy", rule)], start + perWindow * stepMs)
  assert.ok((count?.used ?? 0) >= perWindow - 1 && (count?.used ?? 0) <= perWindow * 1.001, `${count?.used}`)
})

test("what is asked about but never used is not kept", async () => {
  const counters = new MemoryCounters()
  const none = ruleOf("token_bucket", 0)
  await counters.read([charge("a", none)], start)
  await counters.take([charge("b", none)], start)
  assert.equal(counters.size, 0)
})
