import assert from "node:assert/strict"
import { test } from "node:test"
import { watchTask } from "../../../src/call/tasks/watch-tasks.ts"
import { compileCatalog } from "../../../src/domain/catalog.ts"
import type { Fleet } from "../../../src/domain/fleet.ts"
import type { Notification } from "../../../src/mcp/message.ts"
import { fromRawObject, toRawObject } from "../../../src/mcp/raw-json.ts"
import { callOf, noTasks, offer, tool } from "../fixtures.ts"

test("the end of a legacy service's task is fetched once, however often the service tells of it", async () => {
  const catalog = compileCatalog([offer("elder", { tools: [tool("wait")] }, { era: "legacy" })])
  const asked: string[] = []
  const send: Fleet["send"] = async (_service, { method }) => {
    asked.push(method)
    return { result: toRawObject({ resultType: "complete", taskId: "own", status: "completed", content: [] }) }
  }
  const tasks = noTasks(() => catalog, { send })
  const record = { principalId: "ann", service: "elder", tool: "wait", taskId: "own" }
  const [entry] = catalog.all.entries.tools
  assert.ok(entry)
  const id = tasks.ids.seal(record)
  const target = { kind: "task", asked: { kind: "task", name: id }, entry, record } as const
  const told = Promise.withResolvers<Notification>()
  const ended = { method: "notifications/tasks", params: toRawObject({ taskId: "own", status: "completed" }) }
  const fleet: Pick<Fleet, "watchTask"> = {
    watchTask: async (_service, _task, onNews) => {
      for (let times = 0; times < 100; times++) onNews(ended)
      return true
    },
  }
  const call = callOf("subscriptions/listen", {})
  const over = new AbortController().signal
  assert.equal(await watchTask({ tasks, fleet }, target, { call, tell: told.resolve, over }), true)
  const { params } = await told.promise
  assert.deepEqual([fromRawObject(params)["taskId"], fromRawObject(params)["status"]], [id, "completed"])
  assert.deepEqual(asked, ["tasks/get", "tasks/result"])
})
