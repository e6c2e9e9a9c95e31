/** A modern client before a legacy service: the call waits while its client is away. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import type { Send } from "../../src/call/bridge/bridged-call.ts"
import type { Notification } from "../../src/mcp/message.ts"
import { toRaw, toRawObject } from "../../src/mcp/raw-json.ts"
import {
  accepted,
  askedIn,
  askingInTurn,
  bridged,
  form,
  openBridge,
  progress,
  question,
  say,
  textOf,
} from "./bridge-kit.ts"

test("what a legacy service asks is answered by retries, round by round", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInTurn(
    form("Name?"),
    question("roots/list"),
    question("sampling/createMessage", { maxTokens: 9 }),
  )
  const first = askedIn(await bridge.send(bridged(send)))
  assert.deepEqual(first.inputRequests, {
    "question-1": {
      method: "elicitation/create",
      params: { message: "Name?", requestedSchema: { type: "object", properties: {} } },
    },
  })
  const answer = (state: string, key: string, value: object) =>
    bridge.send(bridged(send, { requestState: state, inputResponses: { [key]: value } }))
  const second = askedIn(await answer(first.requestState, "question-1", accepted({ name: "Ann" })))
  assert.deepEqual(second.inputRequests, { "question-2": { method: "roots/list" } })
  const third = askedIn(await answer(second.requestState, "question-2", { roots: [] }))
  const last = await answer(third.requestState, "question-3", { role: "assistant" })
  assert.equal(textOf(last), '{"action":"accept","content":{"name":"Ann"}}, {"roots":[]}, {"role":"assistant"}')
  assert.equal(bridge.parked, 0)
})

test("questions of one moment are one round, and one that is left out is asked again", async (t) => {
  const { bridge } = openBridge(t)
  const send: Send = async (_request, { ask, signal }) => {
    const asked = ["One?", "Two?"].map(async (text) => (await ask?.(form(text), signal))?.result?.get("content"))
    return say((await Promise.all(asked)).join(" and "))
  }
  const both = askedIn(await bridge.send(bridged(send)))
  assert.deepEqual(Object.keys(both.inputRequests), ["question-1", "question-2"])
  const inputResponses = { "question-2": accepted({ n: 2 }), unknown: accepted() }
  const left = askedIn(await bridge.send(bridged(send, { requestState: both.requestState, inputResponses })))
  assert.deepEqual(Object.keys(left.inputRequests), ["question-1"])
  const rest = { requestState: left.requestState, inputResponses: { "question-1": accepted({ n: 1 }) } }
  assert.equal(textOf(await bridge.send(bridged(send, rest))), '{"n":1} and {"n":2}')
})

test("answers that cannot be read are refused, and the call waits for better ones", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInTurn(form("Name?"))
  const { requestState } = askedIn(await bridge.send(bridged(send)))
  for (const inputResponses of [7, [], { "question-1": "yes" }])
    await assert.rejects(bridge.send(bridged(send, { requestState, inputResponses })), { name: "ProtocolError" })
  assert.match(
    textOf(await bridge.send(bridged(send, { requestState, inputResponses: { "question-1": accepted() } }))),
    /accept/,
  )
})

test("a client is asked nothing that it did not declare, and the service is told at once", async (t) => {
  const { bridge } = openBridge(t)
  const page = question("elicitation/create", { mode: "url", url: "https://a.example/", elicitationId: "1" })
  const tooled = question("sampling/createMessage", { tools: [] })
  const send = askingInTurn(form("Name?"), page, tooled, question("roots/list"), question("other/thing"))
  const cases = [
    [{ roots: {} }, /^error -32601, error -32601, error -32601, \{"roots"/],
    [
      { elicitation: { url: {} }, sampling: {} },
      /^error -32602, .*accept.*, error -32602, error -32601, error -32601$/,
    ],
  ] as const
  const answers: Record<string, object> = { "roots/list": { roots: [] }, "elicitation/create": accepted() }
  for (const [capabilities, expected] of cases) {
    const asked = askedIn(await bridge.send(bridged(send, {}, { capabilities })))
    const inputResponses = Object.fromEntries(
      Object.entries(asked.inputRequests).map(([key, { method }]) => [key, answers[method]]),
    )
    const retry = { requestState: asked.requestState, inputResponses }
    assert.match(textOf(await bridge.send(bridged(send, retry, { capabilities }))), expected)
  }
  assert.match(
    textOf(await bridge.send(bridged(askingInTurn(form("Name?")), {}, { capabilities: {} }))),
    /nobody to ask/,
  )
})

test("a page to open has no id in the modern era, and a form goes on as it is", async (t) => {
  const { bridge } = openBridge(t)
  const params = { mode: "url", message: "Sign in", url: "https://a.example/", elicitationId: "legacy" }
  const { inputRequests } = askedIn(
    await bridge.send(bridged(askingInTurn(question("elicitation/create", params)))),
  )
  const { elicitationId: _, ...shown } = params
  assert.deepEqual(inputRequests["question-1"]?.params, shown)
})

test("news of a call are told in the round that is open, under its token and level, and wait when none is", async (t) => {
  const { bridge } = openBridge(t)
  const log = (level: string): Notification => ({
    method: "notifications/message",
    params: toRawObject({ level, data: level }),
  })
  const send: Send = async (_request, { ask, notify, signal }) => {
    notify(progress("first", 1))
    const answered = ask?.(form("Name?"), signal)
    await sleep(20)
    notify(progress("first", 2))
    notify(log("debug"))
    notify(log("error"))
    notify({ method: "notifications/elicitation/complete", params: toRawObject({ elicitationId: "1" }) })
    await answered
    notify(progress("first", 3))
    return say("done")
  }
  const heard: string[][] = [[], []]
  const meta = (token: string) => ({ progressToken: toRaw(token), logLevel: "error" }) as const
  const hear = (round: number) => ({
    notify: ({ params }: Notification) =>
      void heard[round]?.push(
        [params.get("progressToken"), params.get("progress") ?? params.get("data")].join(" "),
      ),
  })
  const first = { meta: meta("first"), exchange: hear(0) }
  const { requestState } = askedIn(await bridge.send(bridged(send, {}, first)))
  await sleep(30)
  const retry = { requestState, inputResponses: { "question-1": accepted() } }
  await bridge.send(bridged(send, retry, { meta: meta("second"), exchange: hear(1) }))
  assert.deepEqual(heard, [['"first" 1'], ['"second" 2', ' "error"', '"second" 3']])
})

test("a page that must be opened first is a question to who can open pages, and else a missing capability", async (t) => {
  const { bridge } = openBridge(t)
  const elicitations = [{ mode: "url", elicitationId: "e", url: "https://a.example/", message: "Sign in" }]
  let calls = 0
  const send: Send = async () =>
    calls++ === 0
      ? { error: { code: -32042, message: "Sign in first", data: toRaw({ elicitations }) } }
      : say("welcome")
  const asked = askedIn(await bridge.send(bridged(send)))
  assert.deepEqual(asked.inputRequests, {
    "question-1": {
      method: "elicitation/create",
      params: { mode: "url", url: "https://a.example/", message: "Sign in" },
    },
  })
  const retry = { requestState: asked.requestState, inputResponses: { "question-1": { action: "accept" } } }
  assert.equal(textOf(await bridge.send(bridged(send, retry))), "welcome")

  calls = 0
  const again = askedIn(await bridge.send(bridged(send)))
  const no = { requestState: again.requestState, inputResponses: { "question-1": { action: "decline" } } }
  await assert.rejects(bridge.send(bridged(send, no)), { code: "service_error", message: /no consent/ })

  for (const capabilities of [{}, { elicitation: {} }]) {
    calls = 0
    const { error } = await bridge.send(bridged(send, {}, { capabilities }))
    assert.equal(error?.code, -32021)
    assert.equal(error?.data?.toString(), '{"requiredCapabilities":{"elicitation":{"url":{}}}}')
  }
  calls = 0
  const legacy = await bridge.send(bridged(send, {}, { revision: "2025-11-25" }))
  assert.equal(legacy.error?.code, -32042)
  assert.equal(bridge.parked, 0)
})
