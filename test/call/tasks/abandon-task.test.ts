import assert from "node:assert/strict"
import { test } from "node:test"
import { abandonsTasks } from "../../../src/call/tasks/abandon-task.ts"
import type { Fleet } from "../../../src/domain/fleet.ts"
import { noMembers, readString, toRawObject } from "../../../src/mcp/raw-json.ts"
import { callOf, known, noTasks } from "../fixtures.ts"

test("a task that only an abandoned call waited for is cancelled, and no other", () => {
  const sent: unknown[] = []
  const send: Fleet["send"] = async (service, { method, params }, _exchange, { principalId }) => {
    sent.push([service, method, readString(params.get("taskId")), principalId])
    return { result: noMembers }
  }
  const tasks = noTasks(() => known.catalog, { send })
  const abandon = abandonsTasks(tasks)
  const record = { principalId: "ann", service: "files", tool: "read", taskId: "own" }
  const asking = (requestState: string) => ({
    result: toRawObject({ resultType: "input_required", inputRequests: {}, requestState }),
  })
  const call = callOf("tools/call", { name: "read" }, { era: "legacy" }).request
  abandon(callOf("tasks/result", { taskId: "x" }, { era: "legacy" }).request, asking(tasks.rounds.seal(record)))
  for (const state of ["a service's own", tasks.ids.seal(record)]) abandon(call, asking(state))
  abandon(call, { result: toRawObject({ resultType: "input_required", inputRequests: {} }) })
  assert.deepEqual(sent, [])
  abandon(call, asking(tasks.rounds.seal(record)))
  assert.deepEqual(sent, [["files", "tasks/cancel", "own", "ann"]])
})
