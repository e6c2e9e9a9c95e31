/** How much a call may keep while its client is away, whatever its service says meanwhile. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import type { Send } from "../../src/call/bridge/bridged-call.ts"
import type { Notification } from "../../src/mcp/message.ts"
import { toRaw, toRawObject } from "../../src/mcp/raw-json.ts"
import { accepted, askedIn, askingInTurn, bridged, form, openBridge, say, textOf } from "./bridge-kit.ts"

const mebibyte = 1_048_576

test("what a service says while its client is away is kept up to a megabyte, the latest of it", async (t) => {
  const { bridge } = openBridge(t)
  const log = (data: string): Notification => ({
    method: "notifications/message",
    params: toRawObject({ level: "error", data }),
  })
  const send: Send = async (_request, { ask, notify, signal }) => {
    const answered = ask?.(form("Name?"), signal)
    await sleep(20)
    for (let at = 0; at < 20; at++) notify(log(`${at} ${"x".repeat(200_000)}`))
    notify(log("x".repeat(2 * mebibyte)))
    notify(log("last"))
    await answered
    return say("done")
  }
  const { requestState } = askedIn(await bridge.send(bridged(send)))
  await sleep(40)
  const heard: Notification[] = []
  const hearing = {
    meta: { logLevel: "error" },
    exchange: { notify: (told: Notification) => void heard.push(told) },
  } as const
  await bridge.send(bridged(send, { requestState, inputResponses: { "question-1": accepted() } }, hearing))
  const texts = heard.map(({ params }) => params.get("data")?.toString().slice(1, 4).trim())
  assert.deepEqual(texts, ["15", "16", "17", "18", "19", "las"])
})

test("questions of one call are kept up to a size, and a larger one is refused at once", async (t) => {
  const { bridge } = openBridge(t)
  const large = form("x".repeat(5 * mebibyte))
  const send = askingInTurn(large, form("Name?"))
  const { inputRequests, requestState } = askedIn(await bridge.send(bridged(send)))
  assert.deepEqual(Object.keys(inputRequests), ["question-1"])
  const retry = { requestState, inputResponses: { "question-1": accepted() } }
  assert.match(textOf(await bridge.send(bridged(send, retry))), /^error -32602, .*accept/)
})

test("an error with much in it is no smaller than an answer", async (t) => {
  const { bridge } = openBridge(t)
  const send: Send = async (_request, { ask }) => {
    const over = new AbortController()
    void ask?.(form("Name?"), over.signal).catch(() => {})
    await sleep(20)
    over.abort(new Error("never mind"))
    return { error: { code: -1, message: "no", data: toRaw("x".repeat(2 * mebibyte)) } }
  }
  const { requestState } = askedIn(await bridge.send(bridged(send)))
  await sleep(40)
  await assert.rejects(bridge.send(bridged(send, { requestState })), { code: "too_large" })
})

test("a service asks for so many pages at once and no more", async (t) => {
  const { bridge } = openBridge(t)
  const page = { mode: "url", elicitationId: "e", url: "https://a.example/", message: "Sign in" }
  const data = toRaw({ elicitations: Array.from({ length: 65 }, () => page) })
  const send: Send = async () => ({ error: { code: -32042, message: "Sign in first", data } })
  await assert.rejects(bridge.send(bridged(send)), { code: "service_error", message: /more than 64/ })
  assert.equal(bridge.parked, 0)
})

test("a client that comes back without a capability is asked nothing that needs it", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInTurn(form("Name?"))
  const { requestState } = askedIn(await bridge.send(bridged(send)))
  const without = { capabilities: { roots: {} } }
  assert.equal(textOf(await bridge.send(bridged(send, { requestState }, without))), "error -32601")
})
