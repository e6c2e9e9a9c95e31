import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { readOutline } from "../../../src/mcp/outline.ts"
import { openHttpDoor } from "./door.ts"

type Headers = Record<string, string>

const json = { "content-type": "application/json", accept: "application/json, text/event-stream" }

function post(url: string, message: unknown, headers: Headers = {}): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(message), headers: { ...json, ...headers } })
}

const callOf = (id: number | string, name: string) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name },
})

async function openSession(url: string, protocolVersion = "2025-11-25", more: object = {}): Promise<Headers> {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: "t", version: "1", ...more } }
  const answer = await post(url, { jsonrpc: "2.0", id: 0, method: "initialize", params })
  await answer.json()
  return { "mcp-session-id": answer.headers.get("mcp-session-id") ?? "" }
}

/** The general stream, read until it holds what is waited for. */
async function openStream(url: string, headers: Headers) {
  const leave = new AbortController()
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: leave.signal })
  const chunks = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ""
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) text += (await chunks?.next())?.value ?? assert.fail("the stream ended")
    return text
  }
  return { until, leave: () => leave.abort() }
}

const changed = /^event: message\nid: (\S+)\ndata: .*list_changed/m

test("a second request under an open id is refused alone, and the first gets its answer", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url, "2025-03-26")
  const batch = [callOf(1, "echo"), callOf(1, "echo"), callOf("1", "echo")]
  const answers = (await (await post(door.url, batch, session)).json()) as {
    id: unknown
    error?: { code: number }
  }[]
  assert.deepEqual(
    answers.map(({ id, error }) => [id, error?.code]),
    [
      [1, undefined],
      [1, -32600],
      ["1", undefined],
    ],
  )
})

test("a GET without Last-Event-ID brings what was not sent yet, and nothing twice", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  await post(door.url, { jsonrpc: "2.0", method: "notifications/initialized" }, session)
  const first = await openStream(door.url, session)
  const [, id = ""] = changed.exec(await first.until(changed)) ?? []
  first.leave()
  const second = await openStream(door.url, session)
  const greeting = await second.until(/data: \n/)
  assert.ok(greeting.startsWith(`id: ${id}\n`), "it goes on from the last event")
  assert.ok(!changed.test(greeting))
  second.leave()
  const resumed = await openStream(door.url, { ...session, "last-event-id": id.replace(/\d+$/, "0") })
  assert.match(await resumed.until(changed), changed)
  resumed.leave()
})

test("an event id from a session's life in another process hides none of the messages of this one", async () => {
  await using before = await openHttpDoor()
  const session = await openSession(before.url)
  const first = await openStream(before.url, session)
  const [, id = ""] = changed.exec(await first.until(changed)) ?? []
  first.leave()
  await using after = await openHttpDoor()
  const second = await openStream(after.url, { ...session, "last-event-id": id })
  const [, next] = changed.exec(await second.until(changed)) ?? []
  assert.notEqual(next, id)
  second.leave()
})

test("a session with an open request outlives any number of newer ones", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  const slow = post(door.url, callOf(1, "slow"), session)
  await post(door.url, callOf(2, "echo"), session)
  for (let count = 0; count < 101; count++) await openSession(door.url)
  assert.deepEqual(door.seen.aborted, [])
  await fetch(door.url, { method: "DELETE", headers: session })
  await slow
  assert.deepEqual(door.seen.aborted, ["slow"])
})

test("a client with icons gets a session id that fits into a header", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url, "2025-11-25", {
    icons: [{ src: `data:image/png;base64,${"A".repeat(30_000)}` }],
  })
  assert.ok((session["mcp-session-id"]?.length ?? Infinity) < 2_048)
  const pong = await post(door.url, { jsonrpc: "2.0", id: 1, method: "ping" }, session)
  assert.deepEqual(await pong.json(), { jsonrpc: "2.0", id: 1, result: {} })
})

test("a stream for a client that has hung up does not count as read", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  const { port, hostname } = new URL(door.url)
  const socket = connect(Number(port), hostname)
  await once(socket, "connect")
  socket.write(
    `GET /mcp HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\nmcp-session-id: ${session["mcp-session-id"]}\r\n\r\n`,
  )
  socket.destroy()
  await once(socket, "close")
  for (let count = 0; count < 101; count++) await openSession(door.url)
  assert.equal(door.streamable.sessionCount, 100)
})

test("a _meta that is no object is refused under the id of its message", () => {
  for (const text of [
    '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":5}}',
    '{"jsonrpc":"2.0","id":7,"result":{"_meta":[]}}',
  ]) {
    assert.throws(
      () => readOutline(Buffer.from(text)),
      (thrown: { id?: Buffer; rpc?: { code: number } }) =>
        thrown.id?.toString() === "7" && thrown.rpc?.code === -32600,
    )
  }
  assert.throws(
    () => readOutline(Buffer.from('{"jsonrpc":"2.0","id":7,"result":{"_meta":{"a":1,"a":2}}}')),
    /comes twice in result._meta/,
  )
})

test("a subscription is refused to a client that takes no streams", async () => {
  await using door = await openHttpDoor()
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  const method = "subscriptions/listen"
  const answer = await post(
    door.url,
    { jsonrpc: "2.0", id: 1, method, params: { notifications: {}, _meta: envelope } },
    { accept: "application/json", "mcp-protocol-version": "2026-07-28", "mcp-method": method },
  )
  assert.equal(answer.status, 400)
})

test("past the limit of open requests a further one is refused, and served again when there is room", async () => {
  await using door = await openHttpDoor({ maxOpen: 1 })
  const session = await openSession(door.url)
  const stream = await openStream(door.url, session)
  const ping = { jsonrpc: "2.0", id: 5, method: "ping" }
  const refused = await post(door.url, ping, session)
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /limits.streams/)
  stream.leave()
  while ((await post(door.url, ping, session)).status !== 200) await sleep(10)
})
