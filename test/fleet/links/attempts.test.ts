import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { Attempts } from "../../../src/fleet/links/attempts.ts"

test("DS-20 many that begin together begin one after the other, so many a second", async () => {
  const attempts = new Attempts({ starting: 8, connecting: 64, connectsPerSecond: 50 })
  let begun = 0
  const make = async (): Promise<void> => void (begun += 1)
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 40 }, (_, index) => attempts.during("connect", `s${index}`, make)))
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs > 770, `40 at 50 a second took ${tookMs} ms`)
  assert.equal(begun, 40)
})

test("only so many are made at once, and one that is slow gives way after a while", async () => {
  const attempts = new Attempts({ starting: 2, connecting: 2, connectsPerSecond: 10_000 })
  let open = 0
  let most = 0
  const make = async (): Promise<void> => {
    most = Math.max(most, ++open)
    await sleep(5)
    open--
  }
  await Promise.all(Array.from({ length: 20 }, () => attempts.during("start", "one", make)))
  assert.equal(most, 2)
  const never = (): Promise<void> => new Promise(() => {})
  for (let made = 0; made < 2; made++) void attempts.during("connect", "silent", never)
  await attempts.during("connect", "other", make)
})

test("a service that makes many connections keeps the first of another from none", async () => {
  const attempts = new Attempts({ starting: 1, connecting: 1, connectsPerSecond: 10_000 })
  const order: string[] = []
  const make = (name: string) => async () => void order.push(name)
  const many = Array.from({ length: 100 }, () => attempts.during("connect", "many", make("many")))
  const one = attempts.during("connect", "one", make("one"))
  await Promise.all([...many, one])
  assert.ok(order.indexOf("one") <= 2, String(order.indexOf("one")))
})
