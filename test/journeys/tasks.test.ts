/** Calls that run as tasks, in all four cells: who can be given a task gets one, everybody else waits or is told. */
import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Peer, type PeerOptions, type Reply } from "./peer.ts"

const limit = { timeout: 120_000 }
const extension = "io.modelcontextprotocol/tasks"
const knowing = { capabilities: { extensions: { [extension]: {} } } }
const legacy = { era: "legacy" } as const

let services: readonly Running[]
let gateway: TestGateway
let keys: readonly string[]

before(async () => {
  services = await Promise.all(
    ["modern", "legacy"].map((era) =>
      start({ args: [`test/fixtures/${era}/http.ts`], env: { PORT: "0" }, ready: /^listening / }),
    ),
  )
  const [modern, elder] = services.map(({ line }) => ({ url: urlIn(line) }))
  const near = { command: "node", args: [`${root}/test/fixtures/legacy/stdio.ts`], isolation: "principal" }
  gateway = await startGateway({ services: { modern, elder, near } })
  const grants = { tools: { allow: ["*"] } }
  keys = await Promise.all(["ann", "bob"].map((name) => createAgent(gateway, name, grants)))
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await listNames(client) // waits until both were heard
  await client.close()
}, limit)

after(async () => {
  await gateway?.stop()
  await Promise.all((services ?? []).map((service) => service.stop()))
})

async function join(t: TestContext, options: PeerOptions, { who = 0, mount = "" } = {}): Promise<Peer> {
  const peer = await openPeer(httpPipe(gateway.url + mount, bearer(keys[who] ?? "")), options)
  t.after(() => peer.close())
  return peer
}

const call = (peer: Peer, name: string, values: object = {}, task?: object): Promise<Reply> =>
  peer.call("tools/call", { name, arguments: values, ...(task && { task }) })

function taskOf({ result, text }: Reply): Record<string, unknown> & { readonly taskId: string } {
  const task = (result?.["task"] ?? result) as Record<string, unknown> | undefined
  assert.ok(typeof task?.["taskId"] === "string", `no task in ${text}`)
  return task as ReturnType<typeof taskOf>
}

/** Asks until the task has one of these states. */
async function until(peer: Peer, taskId: string, ...states: readonly string[]): Promise<Record<string, unknown>> {
  for (;;) {
    const { result, text } = await peer.call("tasks/get", { taskId })
    assert.ok(result, text)
    if (states.includes(String(result["status"]))) return result
    await sleep(30)
  }
}

test("a legacy client is given the task of a legacy service, and its result", limit, async (t) => {
  const pipe = httpPipe(gateway.url, bearer(keys[0] ?? ""))
  const peer = await openPeer(pipe, legacy)
  t.after(() => peer.close())
  await pipe.openStream()
  const begun = await call(peer, "elder__test_task_optional", { ms: 200, label: "a" }, { ttl: 60_000 })
  const { taskId, ...state } = taskOf(begun)
  assert.equal(state["ttl"], 60_000)
  assert.equal(begun.result?.["resultType"], undefined)
  assert.equal((await until(peer, taskId, "completed"))["taskId"], taskId)
  const ended = await peer.call("tasks/result", { taskId })
  assert.equal(textOf(ended), "Waited for a")
  const meta = ended.result?.["_meta"] as Record<string, unknown>
  assert.deepEqual(meta["io.modelcontextprotocol/related-task"], { taskId })
  const news = await peer.until(({ method }) => method === "notifications/tasks/status")
  assert.deepEqual([news.params?.["taskId"], news.params?.["status"]], [taskId, "completed"])
})

test("what a task of a legacy service asks reaches the client that waits for its result", limit, async (t) => {
  const asked: string[] = []
  const answer: PeerOptions["answer"] = ({ params }) => {
    const meta = params?.["_meta"] as Record<string, { taskId: string }> | undefined
    const taskId = meta?.["io.modelcontextprotocol/related-task"]?.taskId ?? "nobody's"
    asked.push(taskId)
    return { action: "accept", content: { name: taskId.slice(0, 8) } }
  }
  const peer = await join(t, { ...legacy, capabilities: { elicitation: {} }, answer })
  const tools = ["elder__test_task_asking", "near__test_task_asking", "near__test_task_asking"]
  const begun = await Promise.all(tools.map(async (name) => taskOf(await call(peer, name, {}, {})).taskId))
  const ended = await Promise.all(begun.map((taskId) => peer.call("tasks/result", { taskId })))
  assert.deepEqual(
    ended.map(textOf),
    begun.map((taskId) => `Hello, ${taskId.slice(0, 8)}!`),
  )
  assert.deepEqual(asked.sort(), begun.sort())
})

test("a list of tasks holds one's own, page after page, and a cancelled one says so", limit, async (t) => {
  const [peer, other] = await Promise.all([join(t, legacy, { who: 1 }), join(t, legacy)])
  const { taskId } = taskOf(await call(peer, "elder__test_task_required", { ms: 20_000 }, {}))
  const cancelled = await peer.call("tasks/cancel", { taskId })
  assert.equal(cancelled.result?.["status"], "cancelled", cancelled.text)
  const listed = (await peer.call("tasks/list")).result?.["tasks"] as Record<string, unknown>[]
  assert.deepEqual(
    listed.map((task) => [task["taskId"], task["status"]]),
    [[taskId, "cancelled"]],
  )
  const others = (await other.call("tasks/list")).result?.["tasks"] as Record<string, unknown>[]
  assert.ok(others.every((task) => task["taskId"] !== taskId))
})

test("a modern client is given the task of a modern service, answers it and gets its result", limit, async (t) => {
  const peer = await join(t, { capabilities: { ...knowing.capabilities, elicitation: {} } })
  const begun = await call(peer, "modern__confirm_delete", { filename: "a.txt" })
  const { taskId, ...state } = taskOf(begun)
  assert.deepEqual([state["resultType"], state["ttlMs"]], ["task", 60_000])
  const waiting = await until(peer, taskId, "input_required")
  const inputResponses = Object.fromEntries(
    Object.keys(waiting["inputRequests"] as object).map((key) => [
      key,
      { action: "accept", content: { ok: true } },
    ]),
  )
  const { result } = await peer.call("tasks/update", { taskId, inputResponses })
  assert.equal(result?.["resultType"], "complete")
  const ended = await until(peer, taskId, "completed")
  assert.match(JSON.stringify(ended["result"]), /a\.txt: .*accept/)
})

test("a modern client is given the task of a legacy service as one of its own", limit, async (t) => {
  const peer = await join(t, knowing)
  const done = taskOf(await call(peer, "elder__test_task_required", { ms: 50, label: "b" }))
  assert.deepEqual([done["resultType"], done["status"], done["ttlMs"]], ["task", "working", null])
  assert.ok(!("ttl" in done) && !("pollInterval" in done))
  const { result, resultType } = await until(peer, done.taskId, "completed")
  assert.equal(resultType, "complete")
  assert.deepEqual(result, { resultType: "complete", content: [{ type: "text", text: "Waited for b" }] })

  const failing = taskOf(await call(peer, "elder__test_task_failing", { label: "c" }))
  const told = (await until(peer, failing.taskId, "completed", "failed")) as { status: string; result: object }
  assert.deepEqual([told.status, "isError" in told.result], ["completed", true])

  const long = taskOf(await call(peer, "elder__test_task_required", { ms: 20_000 }))
  for (const time of ["once", "twice"]) {
    const cancelled = await peer.call("tasks/cancel", { taskId: long.taskId })
    assert.deepEqual(
      Object.keys(cancelled.result ?? {}).sort(),
      ["_meta", "resultType"],
      `${time}: ${cancelled.text}`,
    )
  }
  assert.equal((await until(peer, long.taskId, "cancelled"))["status"], "cancelled")
})

test("who cannot be given a task waits for its end, and hears of its progress", limit, async (t) => {
  const peers = [await join(t, legacy), await join(t, {})]
  for (const peer of peers) {
    const values = { name: "modern__test_unasked_task", arguments: { seconds: 0.4 } }
    const reply = await peer.call("tools/call", values, { meta: { progressToken: "p" } })
    assert.equal(textOf(reply), "Done")
    const told = peer.heard.filter(({ method }) => method === "notifications/progress").map(({ params }) => params)
    assert.ok(told.length > 0 && told.every((params) => params?.["progressToken"] === "p"))
    assert.match(String(told[0]?.["message"]), /^Step \d of 3$/)
  }
})

test(
  "a legacy client has what only runs as a task of a modern service run to its end, questions included",
  limit,
  async (t) => {
    const answer: PeerOptions["answer"] = ({ params }) => ({
      action: "accept",
      content: { ok: true, name: `You said: ${String(params?.["message"])}` },
    })
    const peer = await join(t, { ...legacy, capabilities: { elicitation: {} }, answer })
    assert.match(textOf(await call(peer, "modern__confirm_delete", { filename: "x" })), /^x: .*accept/)
    assert.match(textOf(await call(peer, "modern__multi_input")), /"one".*"two"/)
    assert.match(textOf(await call(peer, "modern__test_tool_with_task")), /^Done for You said/)
    const failed = await call(peer, "modern__protocol_error_job")
    assert.match(failed.error?.message ?? "", /broke down/)
  },
)

test("a task that asks a client what it cannot answer is cancelled, and the call says so", limit, async (t) => {
  const peer = await join(t, legacy)
  const { error } = await call(peer, "modern__confirm_delete", { filename: "y" })
  assert.match(error?.message ?? "", /cannot be answered, and was cancelled/)
})

test("who asks for a task where there can be none is refused, as the revision has it", limit, async (t) => {
  const peer = await join(t, legacy)
  for (const name of ["modern__slow_compute", "elder__test_simple_text"]) {
    assert.equal((await call(peer, name, { seconds: 0 }, {})).error?.code, -32601, name)
  }
  assert.equal((await call(peer, "elder__test_task_required")).error?.code, -32601)
  assert.equal(textOf(await call(peer, "elder__test_task_optional", { label: "plainly" })), "Waited for plainly")
})

test(
  "what cannot be run for a client is hidden from its list, and a call says what it lacks",
  limit,
  async (t) => {
    const [modern, bare] = [await join(t, knowing), await join(t, {})]
    const [seen, hidden] = [await listNames(modern), await listNames(bare)]
    assert.ok(seen.includes("elder__test_task_required") && !hidden.includes("elder__test_task_required"))
    assert.ok(hidden.includes("elder__test_task_optional"))
    const refused = await call(bare, "elder__test_task_required")
    assert.equal(refused.error?.code, -32021, refused.text)
    assert.deepEqual(refused.error.data?.["requiredCapabilities"], { extensions: { [extension]: {} } })
    assert.equal((await bare.call("tasks/get", { taskId: "x" })).error?.code, -32021)
    const elder = await join(t, { ...legacy, revision: "2025-06-18" })
    assert.ok(!(await listNames(elder)).includes("elder__test_task_required"))
    assert.match((await call(elder, "elder__test_task_required")).error?.message ?? "", /^Unknown tool/)
    assert.equal((await elder.call("tasks/list")).error?.code, -32601)
    const listed = await modern.call("tools/list")
    assert.ok(!listed.text.includes('"execution"'), "what the modern era does not know is not shown to it")
  },
)

test("tasks are offered where somebody can be given one", limit, async (t) => {
  const offered = async (options: PeerOptions, mount: string): Promise<Record<string, unknown>> => {
    const peer = await join(t, options, { mount })
    const method = options.era === "legacy" ? "initialize" : "server/discover"
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } }
    const { result } = await peer.call(method, params)
    return result?.["capabilities"] as Record<string, unknown>
  }
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } }
  assert.deepEqual((await offered(legacy, ""))["tasks"], tasks)
  assert.deepEqual((await offered(legacy, "/elder"))["tasks"], tasks)
  assert.equal((await offered(legacy, "/modern"))["tasks"], undefined)
  for (const mount of ["", "/modern", "/elder"]) {
    const { tasks: none, extensions } = await offered({}, mount)
    assert.deepEqual([none, extensions], [undefined, { [extension]: {} }], mount)
  }
})

test("a subscription to a task tells of its end, with the result", limit, async (t) => {
  const peer = await join(t, knowing)
  const { taskId } = taskOf(await call(peer, "elder__test_task_required", { ms: 400, label: "d" }))
  const left = new AbortController()
  t.after(() => left.abort())
  void peer.call("subscriptions/listen", { notifications: { taskIds: [taskId, "forged"] } }, left).catch(() => {})
  const agreed = await peer.until(({ method }) => method === "notifications/subscriptions/acknowledged")
  assert.deepEqual(agreed.params?.["notifications"], { taskIds: [taskId] })
  const { params } = await peer.until(({ method }) => method === "notifications/tasks")
  assert.deepEqual([params?.["taskId"], params?.["status"]], [taskId, "completed"])
  assert.match(JSON.stringify(params?.["result"]), /Waited for d/)
})

test("a task is nothing to another principal, at another endpoint, or under a forged id", limit, async (t) => {
  const peer = await join(t, knowing)
  const { taskId } = taskOf(await call(peer, "modern__slow_compute", { seconds: 20, label: "e" }))
  const flipped = (taskId[5] === "A" ? "B" : "A") + taskId.slice(1)
  const strangers: readonly (readonly [Peer, string])[] = [
    [await join(t, knowing, { who: 1 }), taskId],
    [await join(t, knowing, { mount: "/elder" }), taskId],
    [peer, flipped],
    [peer, ""],
  ]
  for (const [stranger, id] of strangers) {
    for (const method of ["tasks/get", "tasks/cancel", "tasks/update"]) {
      const { error, text } = await stranger.call(method, { taskId: id, inputResponses: {} })
      assert.equal(error?.code, -32602, text)
      assert.match(error.message, /^Unknown task/)
    }
  }
  assert.equal((await peer.call("tasks/get", { taskId })).result?.["status"], "working")
  const elder = await join(t, legacy)
  const { result } = await elder.call("tasks/cancel", { taskId })
  assert.equal(result?.["status"], "cancelled", "its principal's clients of the older era may ask for it too")
})
