import assert from "node:assert/strict"
import { test } from "node:test"
import { Turnstile } from "../../../src/fleet/calls/turnstile.ts"

const never = new AbortController().signal

test("those who wait get in in the order they came", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 2 })
  const leave = await turnstile.enter("ann", never)
  const order: string[] = []
  const second = turnstile.enter("ann", never).then((leaveSecond) => (order.push("second"), leaveSecond()))
  const third = turnstile.enter("ann", never).then((leaveThird) => (order.push("third"), leaveThird()))
  await assert.rejects(turnstile.enter("ann", never), { code: "overloaded" })
  leave()
  await Promise.all([second, third])
  assert.deepEqual(order, ["second", "third"])
  assert.deepEqual([turnstile.inside, turnstile.waiting], [0, 0])
})

test("who goes away while waiting takes no place", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 1 })
  const leave = await turnstile.enter("ann", never)
  const going = new AbortController()
  const waiting = turnstile.enter("ann", going.signal)
  going.abort(new Error("gone"))
  await assert.rejects(waiting, { message: "gone" })
  assert.equal(turnstile.waiting, 0)
  leave()
  assert.equal(turnstile.inside, 0)
})

/** Enters, and leaves as soon as it is inside. */
function queueUp(turnstile: Turnstile, whose: string, order: string[]): Promise<void> {
  return turnstile.enter(whose, never).then((leave) => {
    order.push(whose)
    leave()
  })
}

test("RES-08 whoever floods the queue keeps the others waiting for no more places than there are principals", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 1_024 })
  const leave = await turnstile.enter("flood", never)
  const order: string[] = []
  const flood = Array.from({ length: 500 }, () => queueUp(turnstile, "flood", order))
  const others = ["ann", "ben", "ann", "ben", "ann"].map((whose) => queueUp(turnstile, whose, order))
  leave()
  await Promise.all([...flood, ...others])
  assert.deepEqual(order.slice(0, 8), ["flood", "ann", "ben", "flood", "ann", "ben", "flood", "ann"])
  assert.equal(order.length, 505)
  assert.deepEqual([turnstile.inside, turnstile.waiting], [0, 0])
})

test("a queue that one principal has filled has room for another, at the cost of the newest of the first", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 4 })
  const leave = await turnstile.enter("flood", never)
  const order: string[] = []
  const flood = Array.from({ length: 4 }, () => queueUp(turnstile, "flood", order))
  await assert.rejects(turnstile.enter("flood", never), { code: "overloaded" })
  const ann = [queueUp(turnstile, "ann", order), queueUp(turnstile, "ann", order)]
  await assert.rejects(turnstile.enter("ann", never), { code: "overloaded" }, "each has its half")
  await assert.rejects(Promise.all(flood.slice(2)), { code: "overloaded" })
  leave()
  await Promise.all([...flood.slice(0, 2), ...ann])
  assert.deepEqual(order, ["flood", "ann", "flood", "ann"])
})
