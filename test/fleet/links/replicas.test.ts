import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { Answer, Exchange, Request } from "../../../src/mcp/message.ts"
import { toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"
import { start, urlIn, type Running } from "../../support/process.ts"
import { callTool, openFleet, textOf, toolNames, until } from "../fleet-kit.ts"

async function serve(t: TestContext, script: string, port = 0): Promise<Running & { readonly url: string }> {
  const running = await start({ args: [script], env: { PORT: String(port) }, ready: /listening/ })
  t.after(() => running.stop())
  return { ...running, url: urlIn(running.line) }
}

const legacyHttp = "test/fixtures/legacy/http.ts"
const modernHttp = "test/fixtures/modern/http.ts"
const greeting = "test_simple_text"
const question = "test_input_required_result_elicitation"

const elicitation = toRawObject({ elicitation: {} })
const legacyClient = { era: "legacy", revision: "2025-11-25", capabilities: elicitation } as const

function asked(name: string): Partial<Exchange> & { readonly questions: string[] } {
  const questions: string[] = []
  const ask = async ({ method }: Request): Promise<Answer> => {
    questions.push(method)
    return {
      result: new Map([
        ["action", toRaw("accept")],
        ["content", toRaw({ name })],
      ]),
    }
  }
  return { ask, session: { id: `session of ${name}`, closed: new AbortController().signal }, questions }
}

test("each client of a legacy service by URL is asked what its own calls need", async (t) => {
  const { url } = await serve(t, legacyHttp)
  const { fleet } = await openFleet(t, { far: { url } })
  const [ann, ben] = [asked("Ann"), asked("Ben")]
  const answers = await Promise.all([
    callTool(fleet, "far", question, {}, { client: legacyClient, exchange: ann }),
    callTool(fleet, "far", question, {}, { client: legacyClient, exchange: ben, principalId: "ben" }),
  ])
  assert.deepEqual(answers.map(textOf), ["Hello, Ann!", "Hello, Ben!"])
  assert.deepEqual([ann.questions, ben.questions], [["elicitation/create"], ["elicitation/create"]])
})

test("over a program that callers share nobody is asked", async (t) => {
  const { fleet } = await openFleet(t, {
    near: { command: process.execPath, args: [`${process.cwd()}/test/fixtures/legacy/stdio.ts`] },
  })
  const ann = asked("Ann")
  const answer = await callTool(fleet, "near", question, {}, { client: legacyClient, exchange: ann })
  assert.deepEqual(ann.questions, [])
  assert.ok(answer.error ?? answer.result.has("isError"))
})

test("over a program of one's own its client is asked", async (t) => {
  const near = {
    command: process.execPath,
    args: [`${process.cwd()}/test/fixtures/legacy/stdio.ts`],
    isolation: "session",
  }
  const { fleet } = await openFleet(t, { near })
  const ann = asked("Ann")
  assert.equal(
    textOf(await callTool(fleet, "near", question, {}, { client: legacyClient, exchange: ann })),
    "Hello, Ann!",
  )
})

test("a modern service is told what the client can be asked, of a legacy one where there is a way to ask", async (t) => {
  const { url } = await serve(t, modernHttp)
  const { fleet } = await openFleet(t, { far: { url } })
  const modern = await callTool(fleet, "far", question, {}, { client: { capabilities: elicitation } })
  const legacy = await callTool(fleet, "far", question, {}, { client: legacyClient, exchange: asked("Ann") })
  for (const { result } of [modern, legacy])
    assert.equal(result?.get("resultType")?.toString(), '"input_required"')
  const mute = await callTool(fleet, "far", question, {}, { client: legacyClient })
  assert.equal(mute.error?.code, -32021)
})

test("a state of a modern service is nothing that a legacy one is sent", async (t) => {
  const { url } = await serve(t, legacyHttp)
  const { fleet } = await openFleet(t, { far: { url } })
  const params = toRawObject({ name: greeting, arguments: {}, requestState: "of another era" })
  const request: Request = {
    method: "tools/call",
    params,
    meta: new Map(),
    progressToken: undefined,
    logLevel: undefined,
    client: { era: "modern", revision: "2026-07-28", capabilities: new Map(), info: undefined },
  }
  const exchange = { signal: new AbortController().signal, notify: () => {} }
  const sent = fleet.send("far", request, exchange, { principalId: "ann", repeatable: false })
  await assert.rejects(sent, { code: "invalid", message: "Invalid or expired requestState." })
})

test("a service that was restarted is called again without anybody doing anything", async (t) => {
  const first = await serve(t, legacyHttp)
  const { fleet } = await openFleet(t, { far: { url: first.url } })
  await callTool(fleet, "far", greeting)
  await first.stop()
  await assert.rejects(callTool(fleet, "far", greeting), { code: "service_unavailable" })
  await serve(t, legacyHttp, Number(new URL(first.url).port))
  await until("it answers", () =>
    callTool(fleet, "far", greeting).then(
      () => true,
      () => false,
    ),
  )
  await until("it is up", () => fleet.status()[0]?.state === "up")
})

test("calls are shared among endpoints, and go on over the others when one is gone", async (t) => {
  const [one, two] = [await serve(t, modernHttp), await serve(t, modernHttp)]
  const { fleet } = await openFleet(t, { far: { endpoints: [{ url: one.url }, { url: two.url }] } })
  await fleet.settled()
  await until("both are up", () => fleet.status()[0]?.state === "up")
  await one.stop()
  for (let calls = 0; calls < 6; calls++) assert.ok((await callTool(fleet, "far", greeting)).result)
  await until("it is degraded", () => fleet.status()[0]?.state === "degraded")
  assert.ok(toolNames(fleet, "far").includes(greeting))
  assert.equal((await fleet.check("far")).healthy, true)
})

test("a service that nobody can reach says so at once, and when to come back", async (t) => {
  const gone = await serve(t, modernHttp)
  await gone.stop()
  const { fleet } = await openFleet(t, { far: { url: gone.url } })
  await until("it is down", () => fleet.status()[0]?.state === "down")
  await assert.rejects(callTool(fleet, "far", greeting), (error: { code: string; next: unknown }) => {
    assert.equal(error.code, "service_unavailable")
    assert.deepEqual(error.next, { operation: "diagnose_service", arguments: { name: "far" } })
    return true
  })
  assert.match(fleet.issues()[0]?.message ?? "", /check that it runs/)
  assert.equal((await fleet.check("far")).healthy, false)
  await assert.rejects(fleet.refresh("far"), { code: "service_unavailable" })
})

test("the old HTTP+SSE transport is reached as well", async (t) => {
  const sse = await serve(t, "test/fixtures/legacy/sse.ts")
  const { fleet } = await openFleet(t, { old: { url: sse.url, type: "sse" } })
  await fleet.settled()
  assert.ok((await callTool(fleet, "old", greeting)).result)
  assert.equal(fleet.status()[0]?.transport, "sse")
})

test("what is asked of a task goes where the task was begun", async (t) => {
  const [one, two] = [await serve(t, legacyHttp), await serve(t, legacyHttp)]
  const { fleet } = await openFleet(t, { far: { endpoints: [{ url: one.url }, { url: two.url }] } })
  await fleet.settled()
  await until("both are up", () => fleet.status()[0]?.endpoints.every(({ healthy }) => healthy) === true)
  const ask = async (method: string, params: object, options: object = {}): Promise<string> => {
    const client = { era: "legacy", revision: "2025-11-25", capabilities: new Map(), info: undefined } as const
    const hop = { meta: new Map(), progressToken: undefined, logLevel: undefined, client }
    const exchange = { signal: new AbortController().signal, notify: () => {} }
    const sending = { principalId: "ann", repeatable: true, ...options }
    const { result } = await fleet.send("far", { ...hop, method, params: toRawObject(params) }, exchange, sending)
    return result?.get("taskId")?.toString() ?? "unknown"
  }
  const begun = { name: "test_task_required", arguments: { ms: 1 }, task: {} }
  let place: object | undefined
  const taskId = JSON.parse(
    await ask("tools/call", begun, { onPlace: (found: object) => (place = found) }),
  ) as string
  const everywhere = await Promise.all([1, 2, 3, 4].map(() => ask("tasks/get", { taskId })))
  assert.ok(everywhere.includes("unknown"), "the fixture keeps a task in one place")
  const there = await Promise.all([1, 2, 3, 4].map(() => ask("tasks/get", { taskId }, { place })))
  assert.ok(there.every((found) => found === JSON.stringify(taskId)))
})
