/**
 * Many clients with the same JSON-RPC ids, the same progress tokens and each other's session ids: nobody ever gets an
 * answer, a progress or a session of somebody else.
 */
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent } from "../support/rest.ts"
import { bearer, httpPipe, type HttpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf, type Peer } from "./peer.ts"
import { say, startService, type ScriptedService, type ServiceTool } from "./scripted-service.ts"
import { echo } from "./services.ts"
import { ssePipe } from "./sse-pipe.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 120_000 }
const callsPerClient = 42
const services = ["modern", "legacy", "stdio"]

/** Answers late and out of order, with the caller's nonce in the progress and in the answer. */
const nonceTool: ServiceTool = {
  name: "echo",
  run: async ({ values, report }) => {
    report(Number(values["nonce"]))
    await sleep(Number(values["delayMs"] ?? 0))
    return say(String(values["nonce"]))
  },
}

let scripted: readonly ScriptedService[]
let gateway: TestGateway
let keys: readonly string[]

before(async () => {
  scripted = await Promise.all([
    startService({ tools: [nonceTool], era: "modern" }),
    startService({ tools: [nonceTool], era: "legacy" }),
  ])
  const [modern, legacy] = scripted.map(({ url }) => ({ url }))
  gateway = await startGateway({
    services: {
      modern,
      legacy,
      stdio: echo,
    },
  })
  const grants = { tools: { allow: ["*__echo"] } }
  keys = await Promise.all(["ann", "bob", "cat", "dan"].map((name) => createAgent(gateway, name, grants)))
}, limit)

after(async () => {
  await gateway?.stop()
  await Promise.all(scripted.map((service) => service.close()))
})

test(
  "ISO-11 of a thousand calls at once with the same ids and tokens each gets its own answer and progress",
  limit,
  async (t) => {
    const clients = (await Promise.all(keys.map(clientsOf))).flat()
    t.after(() => Promise.all(clients.map((client) => client.close())))
    await Promise.all(clients.map((client) => listNames(client)))
    const begunAt = performance.now()
    const calls = clients.flatMap((client, index) => callMany(client, index * callsPerClient))
    const foreign = (await Promise.all(calls)).filter((problem) => problem !== undefined)
    t.diagnostic(
      `${calls.length} calls of ${clients.length} clients in ${Math.round(performance.now() - begunAt)} ms`,
    )
    assert.ok(calls.length >= 1_000)
    assert.deepEqual(foreign, [])
    assert.deepEqual(
      clients.flatMap(({ strays }) => strays),
      [],
    )
  },
)

/** Legacy and modern, over every transport that the gateway serves. */
function clientsOf(key: string): Promise<readonly Peer[]> {
  const headers = bearer(key)
  const http = (): HttpPipe => httpPipe(gateway.url, headers)
  return Promise.all([
    openPeer(http(), { era: "legacy" }),
    openPeer(http(), { era: "legacy" }),
    openPeer(http()),
    openPeer(http()),
    ssePipe(`${gateway.origin}/sse`, headers).then((pipe) => openPeer(pipe, { era: "legacy" })),
    webSocketPipe(gateway.url, headers).then((pipe) => openPeer(pipe, { era: "legacy" })),
  ])
}

/** @returns for each call what was wrong with its answer or its progress, if anything */
function callMany(client: Peer, firstNonce: number): Promise<string | undefined>[] {
  return Array.from({ length: callsPerClient }, async (_, index) => {
    const nonce = firstNonce + index
    const progressToken = index
    const values = { nonce, delayMs: (nonce * 7) % 60 }
    const answer = await client.tool(`${services[nonce % services.length]}__echo`, values, {
      meta: { progressToken },
    })
    if (answer.error) return answer.text
    const heard = client.heard
      .filter(({ params }) => params?.["progressToken"] === progressToken)
      .map(({ params }) => params?.["progress"])
    if (textOf(answer) !== String(nonce)) return `${nonce} got ${answer.text}`
    return heard.every((progress) => progress === nonce) && heard.length === 1
      ? undefined
      : `${nonce} heard ${heard.join()}`
  })
}

test("ISO-01 a session is its owner's alone, whatever the others send under its id", limit, async (t) => {
  const [annKey = "", bobKey = ""] = keys
  const pipe = httpPipe(gateway.url, bearer(annKey))
  const ann = await openPeer(pipe, { era: "legacy" })
  t.after(() => ann.close())
  const { sessionId = "" } = pipe
  const forged = [`${sessionId.slice(0, -2)}AA`, sessionId.toUpperCase(), "1234", "null"]
  const tricks: readonly SessionUse[] = [
    { key: bobKey, sessionId },
    { key: gateway.key, sessionId },
    { key: await anotherKeyOf("ann"), sessionId },
    { key: annKey, sessionId, path: "/stdio" },
    ...forged.map((id) => ({ key: annKey, sessionId: id })),
  ]
  for (const trick of tricks) {
    for (const method of ["POST", "GET", "DELETE"]) assert.equal(await statusOf(method, trick), 404, method)
  }
  assert.equal(textOf(await ann.tool("modern__echo", { nonce: 5 })), "5")
  assert.equal(await pipe.end(), 204)
  assert.equal(await statusOf("POST", { key: annKey, sessionId }), 404)
})

test("ISO-12 nobody cancels a call of somebody else", limit, async (t) => {
  const [ann, bob] = await Promise.all(
    keys.slice(0, 2).map((key) => openPeer(httpPipe(gateway.url, bearer(key)), { era: "legacy" })),
  )
  assert.ok(ann && bob)
  t.after(() => Promise.all([ann.close(), bob.close()]))
  const slow = ann.tool("legacy__echo", { nonce: 9, delayMs: 500 }, { meta: { progressToken: 1 } })
  await ann.until(({ method }) => method === "notifications/progress")
  await bob.notify("notifications/cancelled", { requestId: ann.lastId })
  assert.equal(textOf(await slow), "9")
})

test("ISO-05 messages to the event stream of somebody else are refused and reach nobody", limit, async (t) => {
  const [annKey = "", bobKey = ""] = keys
  const pipe = await ssePipe(`${gateway.origin}/sse`, bearer(annKey))
  const ann = await openPeer(pipe, { era: "legacy" })
  t.after(() => ann.close())
  const body = JSON.stringify({ jsonrpc: "2.0", id: 999, method: "tools/list" })
  const headers = { ...bearer(bobKey), "content-type": "application/json" }
  const { status } = await fetch(pipe.endpoint, { method: "POST", headers, body })
  assert.equal(status, 404)
  assert.equal(textOf(await ann.tool("modern__echo", { nonce: 6 })), "6")
  assert.deepEqual(ann.strays, [])
})

async function anotherKeyOf(principal: string): Promise<string> {
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  const { key } = await perform(admin, "create_key", { principal })
  await admin.close()
  return String(key)
}

type SessionUse = { readonly key: string; readonly sessionId: string; readonly path?: string }

async function statusOf(method: string, { key, sessionId, path = "" }: SessionUse): Promise<number> {
  const headers = {
    ...bearer(key),
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-session-id": sessionId,
    "mcp-protocol-version": "2025-11-25",
  }
  const body = method === "POST" ? JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }) : null
  const answer = await fetch(`${gateway.url}${path}`, { method, headers, body })
  await answer.body?.cancel()
  return answer.status
}
