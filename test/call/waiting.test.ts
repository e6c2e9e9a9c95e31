import assert from "node:assert/strict"
import { test } from "node:test"
import { Waiting } from "../../src/call/waiting.ts"

test("time in which several are awaited counts once, that between them not at all", async () => {
  let nowMs = 0
  const waiting = new Waiting(() => nowMs)
  const [one, two, three] = [0, 1, 2].map(() => Promise.withResolvers<void>())
  const first = waiting.during(one?.promise ?? Promise.reject())
  nowMs = 10
  const second = waiting.during(two?.promise ?? Promise.reject())
  nowMs = 20
  one?.resolve()
  await first
  nowMs = 30
  assert.equal(waiting.totalMs, 30)
  two?.resolve()
  await second
  nowMs = 100
  const third = waiting.during(three?.promise ?? Promise.resolve())
  nowMs = 105
  three?.reject(new Error("no"))
  await assert.rejects(third)
  assert.equal(waiting.totalMs, 35)
})
