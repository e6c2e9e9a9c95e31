import assert from "node:assert/strict"
import { test } from "node:test"
import { runToEnd, type TaskRun } from "../../../src/call/tasks/run-to-end.ts"
import { countProgress } from "../../../src/call/tasks/progress-count.ts"
import type { Notification, Request } from "../../../src/mcp/message.ts"
import { fromRaw, fromRawObject, toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"
import { callOf } from "../fixtures.ts"

const taskState = (status: string, more = {}) =>
  toRawObject({ resultType: "complete", taskId: "i", status, pollIntervalMs: 1, ...more })

/** A service that tells these states one after another, and what it was asked. */
function serve(states: readonly object[], options: Partial<TaskRun> = {}) {
  const asked: Request[] = []
  const heard: Notification[] = []
  const left = new AbortController()
  const queue = [...states]
  const run: TaskRun = {
    request: { ...callOf("tools/call", {}).request, progressToken: toRaw("p") },
    exchange: { signal: left.signal, notify: (notification) => heard.push(notification) },
    taskId: "i",
    state: () => "sealed",
    send: async (request) => {
      asked.push(request)
      const next = request.method === "tasks/get" ? queue.shift() : {}
      return { result: next instanceof Map ? next : taskState("working", next ?? {}) }
    },
    ...options,
  }
  return { run, asked, heard, left, methods: () => asked.map(({ method }) => method) }
}

test("the result is what the task came to, its bytes as they are", async () => {
  const exact = Buffer.from('{"content":[],"exact":12345678901234567890}')
  const completed = new Map(taskState("completed")).set("result", exact)
  const { run, methods } = serve([{}, completed])
  const { result } = await runToEnd(run, { state: taskState("working") })
  assert.equal(result?.get("exact")?.toString(), "12345678901234567890")
  assert.equal(result?.get("resultType")?.toString(), '"complete"')
  assert.deepEqual(methods(), ["tasks/get", "tasks/get"])
})

test("a task that failed is its error, one that was cancelled or is in no known state is an error of its service", async () => {
  const failed = taskState("failed", { error: { code: -7, message: "no", data: { a: 1 } } })
  const { error } = await runToEnd(serve([failed]).run, {})
  assert.deepEqual([error?.code, error?.message, error?.data && fromRaw(error.data)], [-7, "no", { a: 1 }])
  for (const status of ["cancelled", "sleeping"])
    await assert.rejects(runToEnd(serve([taskState(status)]).run, {}), { code: "service_error" })
})

test("who goes away, or waits too long, cancels the task", async () => {
  const gone = serve([{}, {}, {}])
  gone.left.abort(new Error("gone"))
  await assert.rejects(runToEnd(gone.run, { state: taskState("working") }), /gone/)
  assert.deepEqual(gone.methods(), ["tasks/cancel"])
  const long = serve([], { maxMs: 20 })
  await assert.rejects(runToEnd(long.run, {}), { code: "timeout", message: /longer than 20 ms/ })
  assert.equal(long.methods().at(-1), "tasks/cancel")
})

test("progress grows from where the service's own ended", async () => {
  const heard: Notification[] = []
  const { exchange, next } = countProgress({
    signal: new AbortController().signal,
    notify: (notification) => void heard.push(notification),
  })
  exchange.notify({ method: "notifications/progress", params: toRawObject({ progressToken: "p", progress: 41 }) })
  const states = [{ statusMessage: "one" }, { statusMessage: "two" }, taskState("completed", { result: {} })]
  await runToEnd({ ...serve(states).run, exchange, nextProgress: next }, {})
  const told = heard.map(({ params }) => fromRawObject(params))
  assert.deepEqual(
    told.map(({ progress, message }) => [progress, message]),
    [
      [41, undefined],
      [42, "one"],
      [43, "two"],
    ],
  )
})

const asks = (...keys: readonly string[]) =>
  taskState("input_required", {
    inputRequests: Object.fromEntries(keys.map((key) => [key, { method: "roots/list" }])),
  })
const capabilities = toRawObject({ roots: {} })

test("what a task asks ends the round; the answers go to the task, and are not asked for again", async () => {
  const { run, asked, methods } = serve([asks("a", "b"), taskState("completed", { result: { done: true } })])
  const able = { ...run, request: { ...run.request, client: { ...run.request.client, capabilities } } }
  const { result } = await runToEnd(able, { answers: toRaw({ a: { roots: [] } }) })
  assert.deepEqual(fromRawObject(result ?? new Map()), {
    resultType: "input_required",
    inputRequests: { b: { method: "roots/list" } },
    requestState: "sealed",
  })
  assert.deepEqual(methods(), ["tasks/update", "tasks/get"])
  assert.deepEqual(fromRaw(asked[0]?.params.get("inputResponses") ?? toRaw(0)), { a: { roots: [] } })
})

test("a task that asks what its client cannot answer is cancelled at once", async () => {
  const { run, methods } = serve([asks("a")])
  await assert.rejects(runToEnd(run, {}), { code: "invalid", message: /was cancelled/ })
  assert.deepEqual(methods(), ["tasks/get", "tasks/cancel"])
})

test("a task whose client has its id goes on when nobody waits, and when it asks what cannot be answered here", async () => {
  const gone = serve([{}, {}, {}], { whenLeft: "goes on" })
  gone.left.abort(new Error("gone"))
  await assert.rejects(runToEnd(gone.run, { state: taskState("working") }), /gone/)
  const asking = serve([asks("a")], { whenLeft: "goes on" })
  await assert.rejects(runToEnd(asking.run, {}), { code: "invalid", message: /cannot be answered here/ })
  assert.deepEqual([gone.methods(), asking.methods()], [[], ["tasks/get"]])
})
