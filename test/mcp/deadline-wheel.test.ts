import assert from "node:assert/strict"
import { test } from "node:test"
import { DeadlineWheel, type Timed } from "../../src/mcp/deadline-wheel.ts"

/** Something due at these times, one after another; resolves with the times at which it was looked at. */
function dueAt(wheel: DeadlineWheel, ...timesMs: readonly number[]): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<readonly number[]>()
  const looks: number[] = []
  const look: Timed["look"] = (nowMs) => {
    const nextMs = timesMs[looks.push(nowMs)]
    if (nextMs === undefined) resolve(looks)
    return nextMs
  }
  wheel.enter({ look }, timesMs[0] ?? 0)
  return promise
}

test("nothing is looked at before it is due, and what says when is looked at again", async () => {
  const wheel = new DeadlineWheel()
  const nowMs = performance.now()
  const due = [[nowMs + 130, nowMs + 210], [nowMs + 10], [nowMs - 5, nowMs + 60, nowMs + 60]]
  const looked = await Promise.all(due.map((times) => dueAt(wheel, ...times)))
  for (const [each, times] of due.entries()) {
    assert.equal(looked[each]?.length, times.length)
    for (const [index, dueMs] of times.entries()) assert.ok((looked[each]?.[index] ?? 0) >= dueMs)
  }
})

test("what has left is not looked at, even when it leaves at the last moment", async () => {
  const wheel = new DeadlineWheel()
  const nowMs = performance.now()
  let looks = 0
  const places = [0, 1, 2].map(() => wheel.enter({ look: () => void looks++ }, nowMs + 60))
  wheel.leave(places[0] ?? assert.fail())
  // Those that follow stand in the same slot, or a later one.
  const leaveAll = (): undefined => {
    for (const place of places) wheel.leave(place)
  }
  wheel.enter({ look: leaveAll }, nowMs)
  await dueAt(wheel, nowMs + 120)
  assert.equal(looks, 0)
})

test("an empty wheel comes to rest and starts again", async () => {
  const wheel = new DeadlineWheel()
  for (const round of [1, 2]) {
    const dueMs = performance.now() + round
    assert.ok(((await dueAt(wheel, dueMs))[0] ?? 0) >= dueMs)
    while (process.getActiveResourcesInfo().includes("Timeout")) await new Promise(setImmediate)
  }
})
