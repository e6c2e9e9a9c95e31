import assert from "node:assert/strict"
import { test } from "node:test"
import { Turnstile } from "../../../src/fleet/calls/turnstile.ts"

const never = new AbortController().signal

test("those who wait get in in the order they came", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 2 })
  const leave = await turnstile.enter(never)
  const order: string[] = []
  const second = turnstile.enter(never).then((leaveSecond) => (order.push("second"), leaveSecond()))
  const third = turnstile.enter(never).then((leaveThird) => (order.push("third"), leaveThird()))
  await assert.rejects(turnstile.enter(never), { code: "overloaded" })
  leave()
  await Promise.all([second, third])
  assert.deepEqual(order, ["second", "third"])
  assert.deepEqual([turnstile.inside, turnstile.waiting], [0, 0])
})

test("who goes away while waiting takes no place", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 1 })
  const leave = await turnstile.enter(never)
  const going = new AbortController()
  const waiting = turnstile.enter(going.signal)
  going.abort(new Error("gone"))
  await assert.rejects(waiting, { message: "gone" })
  assert.equal(turnstile.waiting, 0)
  leave()
  assert.equal(turnstile.inside, 0)
})
