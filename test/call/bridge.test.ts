import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test, type TestContext } from "node:test"
import type { Send } from "../../src/call/bridge/bridged-call.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import {
  accepted,
  askedIn,
  askingInAnswers,
  askingInTurn,
  bridged,
  form,
  openBridge,
  say,
  textOf,
  type Client,
} from "./bridge-kit.ts"

const refused = { code: "invalid", message: "Invalid or expired requestState." }
const elicit = { method: "elicitation/create", params: { message: "Name?", requestedSchema: { type: "object" } } }
const inner = "a state of the service's own"

type Case = { readonly name: string; readonly send: () => Send }

/** The two kinds of states that a client is given. */
const kinds: readonly Case[] = [
  { name: "relayed", send: () => askingInAnswers({ inputRequests: { q: elicit }, requestState: inner }) },
  { name: "parked", send: () => askingInTurn(form("Name?")) },
]

async function askOnce(t: TestContext, send: Send, client: Client = {}) {
  const opened = openBridge(t)
  const { requestState, inputRequests } = askedIn(await opened.bridge.send(bridged(send, {}, client)))
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, accepted()]))
  return { ...opened, retry: { inputResponses, requestState } }
}

test("a modern service's state comes back to it as it was, sealed in between", async (t) => {
  const send = askingInAnswers({ inputRequests: { q: elicit }, requestState: inner })
  const { bridge, retry } = await askOnce(t, send)
  assert.ok(!Buffer.from(retry.requestState, "base64url").toString("latin1").includes(inner))
  assert.equal(textOf(await bridge.send(bridged(send, retry))), '{"q":{"action":"accept","content":{}}}')
  assert.equal(send.requests[1]?.params.get("requestState")?.toString(), JSON.stringify(inner))
})

for (const { name, send } of kinds) {
  test(`ISO-07 a ${name} state of another principal, service, mount, method or request is refused`, async (t) => {
    const service = send()
    const { bridge, retry } = await askOnce(t, service)
    const others: readonly [object, Client][] = [
      [retry, { principalId: "bob" }],
      [retry, { service: "other" }],
      [retry, { mount: "files" }],
      [retry, { method: "prompts/get" }],
      [{ ...retry, name: "other" }, {}],
      [{ ...retry, arguments: { a: 2 } }, {}],
      [{ ...retry, more: true }, {}],
    ]
    for (const [params, client] of others)
      await assert.rejects(bridge.send(bridged(service, params, client)), refused)
    assert.match(textOf(await bridge.send(bridged(service, retry))), /accept/)
  })

  test(`a ${name} state with any byte changed is refused`, async (t) => {
    const service = send()
    const { bridge, retry } = await askOnce(t, service)
    const bytes = Buffer.from(retry.requestState)
    for (const at of bytes.keys()) {
      for (const other of [bytes[at] === 0x41 ? 0x42 : 0x41, (bytes[at] ?? 0) ^ 1]) {
        const changed = Buffer.from(bytes)
        changed[at] = other
        const requestState = changed.toString("latin1")
        await assert.rejects(bridge.send(bridged(service, { ...retry, requestState })), refused)
      }
    }
    for (const requestState of ["", `${retry.requestState}A`, retry.requestState.slice(1), 7, null, {}])
      await assert.rejects(bridge.send(bridged(service, { ...retry, requestState })), refused)
    assert.match(textOf(await bridge.send(bridged(service, retry))), /accept/)
  })

  test(`a ${name} state is refused when its time is over, and by another gateway`, async (t) => {
    const service = send()
    const { bridge, retry, passMs } = await askOnce(t, service)
    await assert.rejects(openBridge(t).bridge.send(bridged(service, retry)), refused)
    passMs(60_000)
    await assert.rejects(bridge.send(bridged(service, retry)), refused)
  })
}

test("the state of a parked call is good once, and not after a restart of the gateway", async (t) => {
  const sealer = createSealer(randomBytes(32))
  const service = askingInTurn(form("Name?"))
  const [before, after] = [openBridge(t, { sealer }), openBridge(t, { sealer })]
  const { requestState } = askedIn(await before.bridge.send(bridged(service)))
  const retry = { requestState, inputResponses: { "question-1": accepted() } }
  await assert.rejects(after.bridge.send(bridged(service, retry)), refused)
  assert.match(textOf(await before.bridge.send(bridged(service, retry))), /accept/)
  await assert.rejects(before.bridge.send(bridged(service, retry)), refused)
  assert.equal(before.bridge.parked, 0)
})

test("a relayed state may come again, as the service itself allows", async (t) => {
  const { bridge, retry } = await askOnce(
    t,
    askingInAnswers({ inputRequests: { q: elicit }, requestState: inner }),
  )
  const states: (string | undefined)[] = []
  const send: Send = async ({ params }) => {
    states.push(params.get("requestState")?.toString())
    return say("done")
  }
  await bridge.send(bridged(send, retry))
  await bridge.send(bridged(send, retry))
  assert.deepEqual(states, [JSON.stringify(inner), JSON.stringify(inner)])
})

test("an answer without a state, and a request without one, pass as they are", async (t) => {
  const { bridge } = openBridge(t)
  const plain = say("plain")
  for (const client of [{}, { capabilities: {} }, { revision: "2025-11-25" } as const]) {
    const call = bridged(async () => plain, {}, client)
    assert.equal(await bridge.send(call), plain)
  }
})

test("a service whose state is too long to be handed on is told apart from a client that sends too much", async (t) => {
  const { bridge } = openBridge(t)
  const send = askingInAnswers({ inputRequests: { q: elicit }, requestState: "x".repeat(20_000) })
  await assert.rejects(bridge.send(bridged(send)), { code: "service_error", message: /requestState/ })
})

test("a service asks in answers where MCP lets it, and nowhere else; what it does in methods of its own is its own", async (t) => {
  const { bridge } = openBridge(t)
  for (const revision of ["2026-07-28", "2025-11-25"] as const) {
    const asking = askingInAnswers({ inputRequests: { q: elicit }, requestState: inner })
    const completing = bridge.send(bridged(asking, {}, { revision, method: "completion/complete" }))
    await assert.rejects(completing, { code: "service_error", message: /completion\/complete/ })
    const own = askingInAnswers({ inputRequests: { q: elicit }, requestState: inner })
    const { result } = await bridge.send(bridged(own, {}, { revision, method: "acme/own" }))
    assert.equal(result?.get("requestState")?.toString(), JSON.stringify(inner))
    assert.equal(own.requests.length, 1)
  }
})
