/** A legacy client before either kind of service: it is asked in the middle of its call. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Answer, Exchange, Notification, Request } from "../../src/mcp/message.ts"
import { fromRawObject, toRawObject } from "../../src/mcp/raw-json.ts"
import {
  accepted,
  askingInAnswers,
  askingInTurn,
  bridged,
  form,
  openBridge,
  question,
  textOf,
  type Client,
} from "./bridge-kit.ts"

type Asking = Pick<Exchange, "ask" | "notify"> & { readonly asked: Request[]; readonly heard: Notification[] }

function client(answer: (question: Request) => Answer | Promise<Answer>): Asking {
  const asked: Request[] = []
  const heard: Notification[] = []
  return {
    asked,
    heard,
    notify: (notification) => void heard.push(notification),
    ask: async (question) => {
      asked.push(question)
      return answer(question)
    },
  }
}

const yes = (): Answer => ({ result: toRawObject(accepted({ ok: true })) })
const legacy = (exchange: Asking, more: Client = {}): Client => ({ revision: "2025-11-25", exchange, ...more })
const elicit = { method: "elicitation/create", params: { message: "Name?", requestedSchema: { type: "object" } } }

test("all questions of a round are asked at once, and the answers go back with the service's state", async (t) => {
  const { bridge } = openBridge(t)
  const both = Promise.withResolvers<void>()
  const ann = client(async ({ method }) => {
    if (ann.asked.length === 2) both.resolve()
    await both.promise
    return method === "roots/list" ? { result: toRawObject({ roots: [] }) } : yes()
  })
  const send = askingInAnswers(
    { inputRequests: { who: elicit, where: { method: "roots/list" } }, requestState: "one" },
    { inputRequests: { again: elicit } },
    { requestState: "three" },
  )
  assert.equal(textOf(await bridge.send(bridged(send, {}, legacy(ann)))), "{}")
  const retries = send.requests.slice(1).map(({ params }) => fromRawObject(params))
  const yesses = { action: "accept", content: { ok: true } }
  const same = { name: "tool", arguments: { a: 1 } }
  assert.deepEqual(retries, [
    { ...same, inputResponses: { who: yesses, where: { roots: [] } }, requestState: "one" },
    { ...same, inputResponses: { again: yesses } },
    { ...same, inputResponses: {}, requestState: "three" },
  ])
  assert.deepEqual(
    ann.asked.map(({ method }) => method),
    ["elicitation/create", "roots/list", "elicitation/create"],
  )
})

test("after ten rounds the call ends", async (t) => {
  const { bridge } = openBridge(t)
  const ann = client(yes)
  const send = askingInAnswers(...Array.from({ length: 20 }, () => ({ inputRequests: { q: elicit } })))
  const call = bridge.send(bridged(send, {}, legacy(ann)))
  await assert.rejects(call, { code: "service_error", message: /asked 10 times/ })
  assert.equal(ann.asked.length, 10)
})

test("an answer that is an error ends the call with its words, and withdraws the other questions", async (t) => {
  const { bridge } = openBridge(t)
  const withdrawn: string[] = []
  const exchange: Partial<Exchange> = {
    ask: async ({ method }, signal) => {
      if (method === "elicitation/create") return { error: { code: -1, message: "User rejected it" } }
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          withdrawn.push(method)
          reject(new Error("withdrawn"))
        }),
      )
    },
  }
  const send = askingInAnswers({ inputRequests: { where: { method: "roots/list" }, q: elicit } })
  const call = bridge.send(bridged(send, {}, { revision: "2025-11-25", exchange }))
  await assert.rejects(call, {
    code: "invalid",
    message: /elicitation\/create.*User rejected it/,
    detail: { method: "elicitation/create", rpc: -1 },
  })
  assert.deepEqual(withdrawn, ["roots/list"])
  assert.equal(send.requests.length, 1)
})

test("what the client's revision does not know, or it did not declare, is not asked", async (t) => {
  const { bridge } = openBridge(t)
  const page = { method: "elicitation/create", params: { mode: "url", url: "https://a.example/", message: "Go" } }
  const cases: readonly (readonly [Client, object, RegExp])[] = [
    [{ revision: "2025-03-26" }, elicit, /does not support elicitation\/create/],
    [{ revision: "2025-06-18" }, page, /does not support elicitation in url mode/],
    [
      { revision: "2025-11-25", capabilities: { elicitation: {} } },
      page,
      /does not support elicitation in url mode/,
    ],
    [
      { revision: "2025-11-25", capabilities: { elicitation: {} } },
      { method: "roots/list" },
      /does not support roots\/list/,
    ],
    [{ revision: "2025-11-25" }, { method: "other/thing" }, /does not support other\/thing/],
  ]
  for (const [more, asked, message] of cases) {
    const ann = client(yes)
    const send = askingInAnswers({ inputRequests: { q: asked } })
    await assert.rejects(bridge.send(bridged(send, {}, legacy(ann, more))), { code: "invalid", message })
    assert.deepEqual(ann.asked, [])
  }
})

test("a client that cannot be asked over its connection is told so", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInAnswers({ inputRequests: { q: elicit } })
  const call = bridge.send(bridged(send, {}, { revision: "2025-11-25" }))
  await assert.rejects(call, { code: "invalid", message: /cannot be asked/ })
})

test("questions that cannot be read, or too many of them, end the call", async (t) => {
  const { bridge } = openBridge(t)
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`q${at}`, elicit]))
  for (const inputRequests of [7, { q: 7 }, { q: {} }, { q: { method: "roots/list", params: 7 } }, many]) {
    const call = bridge.send(bridged(askingInAnswers({ inputRequests }), {}, legacy(client(yes))))
    await assert.rejects(call, { code: "service_error" })
  }
})

test("a page to open gets an id, and its end is told when the retry was answered", async (t) => {
  const { bridge } = openBridge(t)
  const page = { method: "elicitation/create", params: { mode: "url", url: "https://a.example/", message: "Go" } }
  const ann = client(({ params }) =>
    params.get("url")?.includes("b.example") ? { result: toRawObject({ action: "decline" }) } : yes(),
  )
  const other = { ...page, params: { ...page.params, url: "https://b.example/" } }
  await bridge.send(bridged(askingInAnswers({ inputRequests: { page, other, form: elicit } }), {}, legacy(ann)))
  const ids = ann.asked.map(({ params }) => params.get("elicitationId")?.toString())
  assert.match(ids[0] ?? "", /^"[0-9a-f-]{36}"$/)
  assert.notEqual(ids[0], ids[1])
  assert.equal(ids[2], undefined)
  assert.deepEqual(
    ann.heard.map(({ method, params }) => [method, params.get("elicitationId")?.toString()]),
    [["notifications/elicitation/complete", ids[0]]],
  )
})

test("a client that does not answer in time is waited for no longer", async (t) => {
  const { bridge } = openBridge(t, { parkedMs: 20 })
  const ask: Exchange["ask"] = (_question, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  const late = { code: "timeout", message: /limits\.parkedMs/ }
  for (const send of [askingInAnswers({ inputRequests: { q: elicit } }), askingInTurn(form("Name?"))])
    await assert.rejects(bridge.send(bridged(send, {}, { revision: "2025-11-25", exchange: { ask } })), late)
})

test("what a legacy service asks goes on to a legacy client", async (t) => {
  const { bridge } = openBridge(t)
  const ann = client(yes)
  const send = askingInTurn(form("Name?"), question("other/thing"))
  assert.equal(
    textOf(await bridge.send(bridged(send, {}, legacy(ann)))),
    '{"action":"accept","content":{"ok":true}}, error -32601',
  )
})

test("states and answers that a legacy client makes up reach no service", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInAnswers()
  await bridge.send(bridged(send, { requestState: "forged", inputResponses: { q: {} } }, legacy(client(yes))))
  assert.deepEqual(fromRawObject(send.requests[0]?.params ?? new Map()), { name: "tool", arguments: { a: 1 } })
})

test("a gateway that stops waits for no answers of clients that cannot bring them any more", async (t) => {
  const { bridge, stop } = openBridge(t)
  const asked = Promise.withResolvers<void>()
  const ask: Exchange["ask"] = (_question, signal) => {
    asked.resolve()
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  }
  const send = askingInAnswers({ inputRequests: { q: elicit } })
  const call = bridge.send(bridged(send, {}, { revision: "2025-11-25", exchange: { ask } }))
  await asked.promise
  stop()
  await assert.rejects(call, { code: "service_unavailable", message: /stopping/ })
  const late = bridge.send(
    bridged(askingInAnswers({ inputRequests: { q: elicit } }), {}, { revision: "2025-11-25", exchange: { ask } }),
  )
  await assert.rejects(late, { code: "service_unavailable" })
})

test("who asked hears of it when there will be no answer", async (t) => {
  const { bridge } = openBridge(t)
  const asking = { inputRequests: { q: elicit }, requestState: "a task's" }
  const unwilling = client(() => ({ error: { code: -1, message: "User rejected it" } }))
  for (const [exchange, rounds] of [
    [unwilling, [asking]],
    [client(yes), Array.from({ length: 20 }, () => asking)],
  ] as const) {
    const left: (string | undefined)[] = []
    const abandon = ({ result }: Answer): void => void left.push(result?.get("requestState")?.toString())
    const call = bridged(askingInAnswers(...rounds), {}, legacy(exchange))
    await assert.rejects(bridge.send({ ...call, abandon }))
    assert.deepEqual(left, ['"a task\'s"'])
  }
})

test("a call asks so many questions and no more, however soon they are answered", async (t) => {
  const { bridge } = openBridge(t)
  const ann = client(yes)
  const send = askingInTurn(...Array.from({ length: 1_002 }, () => form("Again?")))
  const answers = textOf(await bridge.send(bridged(send, {}, legacy(ann)))).split("error -32602").length - 1
  assert.deepEqual([ann.asked.length, answers], [1_000, 2])
})
