import assert from "node:assert/strict"
import { test } from "node:test"
import { TaskIndex } from "../../../src/call/tasks/task-index.ts"
import { fromRawObject, toRawObject } from "../../../src/mcp/raw-json.ts"

const recordOf = (principalId: string) => ({ principalId, service: "s", tool: "t", taskId: "i" })
const stateOf = (taskId: string, more = {}) => ({
  place: undefined,
  state: toRawObject({ taskId, status: "working", createdAt: new Date(0).toISOString(), ttlMs: null, ...more }),
})

function idsOf(index: TaskIndex, principalId: string, nowMs = 0): readonly string[] {
  return index.listOf(principalId, nowMs).map(([id]) => id)
}

test("one principal's tasks push out its own oldest, and nobody else's", () => {
  const index = new TaskIndex()
  index.remember("bob's", recordOf("bob"), stateOf("bob's"))
  for (let each = 0; each < 300; each++) index.remember(`t${each}`, recordOf("ann"), stateOf(`t${each}`))
  const anns = idsOf(index, "ann")
  assert.deepEqual([anns.length, anns[0], anns.at(-1)], [256, "t44", "t299"])
  assert.deepEqual(idsOf(index, "bob"), ["bob's"])
})

test("there is an end to what all principals together can fill", () => {
  const index = new TaskIndex()
  for (let each = 0; each < 5_000; each++) index.remember(`t${each}`, recordOf(`p${each}`), stateOf(`t${each}`))
  const kept = Array.from({ length: 5_000 }, (_, each) => idsOf(index, `p${each}`).length)
  assert.equal(
    kept.reduce((sum, each) => sum + each, 0),
    4_096,
  )
  assert.equal(kept.at(-1), 1)
})

test("a task that its service keeps no longer is listed no longer", () => {
  const index = new TaskIndex()
  index.remember("short", recordOf("ann"), stateOf("short", { ttlMs: 1_000 }))
  index.remember("long", recordOf("ann"), stateOf("long"))
  assert.deepEqual(idsOf(index, "ann", 999), ["short", "long"])
  assert.deepEqual(idsOf(index, "ann", 1_000), ["long"])
})

test("what was heard last is what is told, without what only its asker was given", () => {
  const index = new TaskIndex()
  index.remember("t", recordOf("ann"), stateOf("t"))
  index.heard("t", toRawObject({ taskId: "t", status: "completed", result: { big: 1 }, resultType: "complete" }))
  index.heard("t", toRawObject({ resultType: "complete" })) // an acknowledgement tells nothing
  const [[, known] = []] = index.listOf("ann", 0)
  assert.deepEqual(fromRawObject(known?.state ?? new Map()), { taskId: "t", status: "completed" })
})

test("no more is kept of a task than a list tells, and nothing of the message it came in", () => {
  const index = new TaskIndex()
  const message = Buffer.alloc(1_000_000, '{"taskId":"t","status":"working"}')
  const state = new Map([
    ["taskId", message.subarray(10, 13)],
    ["status", message.subarray(23, 32)],
    ["statusMessage", message],
    ...Array.from({ length: 1_000 }, (_, at) => [`more${at}`, message.subarray(0, 3_000)] as const),
  ])
  index.remember("t", recordOf("ann"), { place: undefined, state })
  const kept = (): readonly Buffer[] => [...(index.find("t")?.state.values() ?? [])]
  const check = (): void => {
    assert.equal(index.find("t")?.state.get("status")?.toString(), '"working"')
    assert.ok(kept().every(({ buffer }) => buffer !== message.buffer))
    assert.ok(kept().reduce((sum, { length }) => sum + length, 0) <= 16_384)
  }
  check()
  index.heard("t", state)
  check()
})
