import assert from "node:assert/strict"
import { test } from "node:test"
import { TaskWatches } from "../../../src/mcp/server/task-watches.ts"
import { toRawObject } from "../../../src/mcp/raw-json.ts"

const answerOf = (members: object) => ({ result: toRawObject(members) })

test("so many tasks are watched at once, and one whose client has seen its end is watched no longer", () => {
  const watched = new Map<string, AbortSignal>()
  const listen = async (taskId: string, signal: AbortSignal): Promise<boolean> => (
    watched.set(taskId, signal),
    true
  )
  const watches = new TaskWatches(listen, new AbortController().signal)
  for (let at = 0; at < 65; at++) watches.heed(answerOf({ resultType: "task", taskId: `t${at}` }))
  assert.equal(watched.size, 64)
  watches.heed(answerOf({ resultType: "complete", taskId: "t1", status: "working" }))
  watches.heed(answerOf({ resultType: "complete", taskId: "t2", status: "completed" }))
  assert.deepEqual([watched.get("t1")?.aborted, watched.get("t2")?.aborted], [false, true])
  watches.heed(answerOf({ resultType: "task", taskId: "t65" }))
  assert.equal(watched.size, 65)
})
