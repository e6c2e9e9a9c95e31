import assert from "node:assert/strict"
import { test } from "node:test"
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import { eventually } from "../../journeys/eventually.ts"
import { openHttpDoor } from "./door.ts"

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
}
const accept = "application/json, text/event-stream"

function modernPost(
  url: string,
  method: string,
  params: Record<string, unknown> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const name =
    typeof params === "object" && typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {}
  const body =
    typeof params === "string"
      ? params
      : JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } })
  return fetch(url, {
    method: "POST",
    body,
    headers: {
      accept,
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...name,
      ...headers,
    },
  })
}

function legacyPost(url: string, message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body: JSON.stringify(message),
    headers: { accept, "content-type": "application/json", ...headers },
  })
}

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { elicitation: {} },
    clientInfo: { name: "t", version: "1" },
  },
}

async function openSession(url: string): Promise<Record<string, string>> {
  const answer = await legacyPost(url, initialize)
  await answer.json()
  return { "mcp-session-id": answer.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" }
}

test("the first SDK's client and the second's in both eras call a tool on one URL", async () => {
  await using door = await openHttpDoor()
  const v1 = new ClientV1({ name: "v1", version: "1" })
  await v1.connect(new TransportV1(new URL(door.url)))
  const legacy = new ClientV2({ name: "v2", version: "1" })
  await legacy.connect(new TransportV2(new URL(door.url)))
  const modern = new ClientV2({ name: "v2", version: "1" }, { versionNegotiation: { mode: "auto" } })
  await modern.connect(new TransportV2(new URL(door.url)))
  for (const client of [v1, legacy, modern]) {
    const { structuredContent } = await client.callTool({ name: "echo", arguments: { a: 1 } })
    assert.deepEqual(structuredContent, { a: 1 })
  }
  assert.equal(modern.getProtocolEra(), "modern")
  assert.equal(legacy.getProtocolEra(), "legacy")
  await Promise.all([v1.close(), legacy.close(), modern.close()])
})

test("numbers past 2^53 and the order of keys come back as they were sent", async () => {
  await using door = await openHttpDoor()
  const sent = '{"z":12345678901234567890,"a":1.0,"__proto__":{"x":1e2}}'
  const body = `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo","arguments":${sent},"_meta":${JSON.stringify(meta)}}}`
  const answer = await modernPost(door.url, "tools/call", body, { "mcp-name": "echo" })
  assert.ok((await answer.text()).includes(`"structuredContent":${sent}`))
})

test("a legacy client is asked on the stream of its own call", async () => {
  await using door = await openHttpDoor()
  const client = new ClientV1({ name: "v1", version: "1" }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }))
  await client.connect(new TransportV1(new URL(door.url)))
  const { content } = await client.callTool({ name: "ask", arguments: {} })
  assert.deepEqual(content, [{ type: "text", text: '"accept"' }])
  await client.close()
})

test("a client that declared nothing is never asked", async () => {
  await using door = await openHttpDoor()
  const client = new ClientV1({ name: "v1", version: "1" })
  await client.connect(new TransportV1(new URL(door.url)))
  const { content } = await client.callTool({ name: "ask", arguments: {} })
  assert.deepEqual(content, [
    { type: "text", text: "The client behind this call does not support elicitation/create." },
  ])
  await client.close()
})

test("closing the stream of a modern request cancels it; hanging up on a legacy one does not", async () => {
  await using door = await openHttpDoor()
  const stop = new AbortController()
  const slow = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "slow", _meta: meta } }
  const modern = fetch(door.url, {
    method: "POST",
    signal: stop.signal,
    body: JSON.stringify(slow),
    headers: {
      accept,
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "slow",
    },
  })
  const session = await openSession(door.url)
  const legacy = fetch(door.url, {
    method: "POST",
    signal: stop.signal,
    body: JSON.stringify({ ...slow, params: { name: "slow" } }),
    headers: { accept, "content-type": "application/json", ...session },
  })
  await eventually("both are open", () => door.seen.called.length === 2)
  stop.abort()
  await assert.rejects(modern)
  await assert.rejects(legacy)
  await eventually("one is cancelled", () => door.seen.aborted.length > 0)
  await legacyPost(door.url, { jsonrpc: "2.0", id: 2, method: "ping" }, session)
  assert.deepEqual(door.seen.aborted, ["slow"])
})

test("a session is found by its owner only, and ends with DELETE", async () => {
  let owner = "ann"
  await using door = await openHttpDoor({ owner: () => owner })
  const session = await openSession(door.url)
  const ping = { jsonrpc: "2.0", id: 5, method: "ping" }
  assert.equal((await legacyPost(door.url, ping, session)).status, 200)
  owner = "bob"
  assert.equal((await legacyPost(door.url, ping, session)).status, 404)
  assert.equal((await fetch(door.url, { method: "DELETE", headers: session })).status, 404)
  owner = "ann"
  assert.equal((await fetch(door.url, { method: "DELETE", headers: session })).status, 204)
  assert.equal((await legacyPost(door.url, ping, session)).status, 404)
})

test("a session outlives the process that began it", async () => {
  await using first = await openHttpDoor()
  const session = await openSession(first.url)
  await using second = await openHttpDoor()
  const answer = await legacyPost(
    second.url,
    { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "ask" } },
    { ...session, accept: "application/json" },
  )
  assert.equal(answer.status, 200)
  assert.match(await answer.text(), /does not support elicitation/)
})

test("a legacy client that lost its stream gets the rest by Last-Event-ID", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  const progress = {
    jsonrpc: "2.0",
    id: 7,
    method: "tools/call",
    params: { name: "progress", _meta: { progressToken: "p" } },
  }
  const text = await (await legacyPost(door.url, progress, session)).text()
  const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? "")
  assert.equal(ids.length, 3)
  const rest = await fetch(door.url, {
    headers: { ...session, accept: "text/event-stream", "last-event-id": ids[1] ?? "" },
  })
  const replayed = await rest.text()
  assert.ok(replayed.includes('"id":7') && !replayed.includes("notifications/progress"))
})

test("IN-08 headers that contradict the body are refused", async () => {
  await using door = await openHttpDoor()
  const wrong: readonly Record<string, string>[] = [
    { "mcp-name": "other" },
    { "mcp-method": "tools/list" },
    { "mcp-name": "=?base64?%%%?=" },
  ]
  for (const headers of wrong) {
    const answer = await modernPost(door.url, "tools/call", { name: "echo" }, headers)
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { error: { code: number } }).error.code, -32020)
  }
  assert.equal(
    (await modernPost(door.url, "tools/call", { name: "echo" }, { "mcp-name": "=?base64?ZWNobw==?=" })).status,
    200,
  )
})

test("each refusal has the status and the code that the specification gives it", async () => {
  await using door = await openHttpDoor()
  const envelope = (version: unknown): string =>
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/list",
      params: { _meta: { ...meta, "io.modelcontextprotocol/protocolVersion": version } },
    })
  const cases: readonly (readonly [Promise<Response>, number, number | undefined])[] = [
    [modernPost(door.url, "no/such", {}), 404, -32601],
    [
      modernPost(door.url, "tools/list", envelope("2031-01-01"), { "mcp-protocol-version": "2031-01-01" }),
      400,
      -32022,
    ],
    [modernPost(door.url, "tools/list", "{"), 400, -32700],
    [
      modernPost(door.url, "tools/list", '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'),
      400,
      -32602,
    ],
    [modernPost(door.url, "tools/list", JSON.stringify("x".repeat(70_000))), 413, -31413],
    [
      legacyPost(door.url, { jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-protocol-version": "1999-01-01" }),
      400,
      -32600,
    ],
    [legacyPost(door.url, [initialize], { "mcp-protocol-version": "2025-11-25" }), 400, -32600],
    [fetch(door.url, { method: "PUT" }), 405, undefined],
    [
      fetch(door.url, { headers: { accept: "text/event-stream", "mcp-protocol-version": "2026-07-28" } }),
      405,
      undefined,
    ],
    [fetch(door.url, { method: "POST", body: "{}", headers: { "content-type": "text/plain" } }), 415, undefined],
  ]
  for (const [answered, status, code] of cases) {
    const answer = await answered
    const text = await answer.text()
    assert.equal(answer.status, status, text)
    if (code !== undefined) assert.equal((JSON.parse(text) as { error: { code: number } }).error.code, code)
  }
})

test("a 2025-03-26 client may send a batch", async () => {
  await using door = await openHttpDoor()
  const batch = [
    { jsonrpc: "2.0", id: 1, method: "ping" },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 2, method: "tools/list" },
  ]
  const answers = (await (await legacyPost(door.url, batch)).json()) as { id: number }[]
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, 2],
  )
})

test("a modern subscription is acknowledged first and every notification names it", async () => {
  await using door = await openHttpDoor()
  const stop = new AbortController()
  const params = { notifications: { toolsListChanged: true }, _meta: meta }
  const listen = JSON.stringify({ jsonrpc: "2.0", id: "sub", method: "subscriptions/listen", params })
  const answer = await fetch(door.url, {
    method: "POST",
    signal: stop.signal,
    body: listen,
    headers: {
      accept,
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "subscriptions/listen",
    },
  })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  while (!text.includes("list_changed")) text += (await reader?.read())?.value ?? ""
  assert.equal(text.match(/"io.modelcontextprotocol\/subscriptionId":"sub"/g)?.length, 2)
  assert.ok(text.indexOf("acknowledged") < text.indexOf("list_changed"))
  stop.abort()
})

test("requests without a session have nothing in common", async () => {
  await using door = await openHttpDoor()
  const list = { jsonrpc: "2.0", id: 1, method: "tools/list" }
  for (const _ of [1, 2]) assert.equal((await legacyPost(door.url, list)).status, 200)
  assert.equal(door.seen.sessions.size, 2)
})
