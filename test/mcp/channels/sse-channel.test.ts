import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js"
import type { GatewayError } from "../../../src/errors.ts"
import type { Channel } from "../../../src/mcp/channels/channel.ts"
import { openSseChannel } from "../../../src/mcp/channels/sse-client.ts"
import { openSseServerChannel, type SseServerChannel } from "../../../src/mcp/channels/sse-server.ts"
import { collect } from "./collect.ts"

const maxMessageBytes = 1_000_000

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown

async function listen(t: TestContext, handle: Handle): Promise<URL> {
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`)
}

type Given = { readonly connectTimeoutMs?: number; readonly patienceMs?: number }

async function open(t: TestContext, url: URL, given: Given = {}): Promise<Channel> {
  const headers = { "x-key": "k" }
  const channel = await openSseChannel({ url, headers, maxMessageBytes, connectTimeoutMs: 30_000, ...given })
  t.after(() => channel.close())
  return channel
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray())
}

/** Our server side behind node:http; `opened` has each channel with what it heard. */
async function startOurs(t: TestContext, maxBytes = maxMessageBytes) {
  const opened: { channel: SseServerChannel; seen: ReturnType<typeof collect>; response: ServerResponse }[] = []
  const url = await listen(t, async (request, response) => {
    if (request.method === "GET") {
      const endpointPath = `/messages?sessionId=${opened.length}`
      const channel = openSseServerChannel(response, { endpointPath, maxMessageBytes: maxBytes })
      opened.push({ channel, seen: collect(channel), response })
      return
    }
    const index = Number(new URL(request.url ?? "", "http://x").searchParams.get("sessionId"))
    try {
      opened[index]?.channel.deliver(await readBody(request))
      response.writeHead(202).end("Accepted")
    } catch {
      response.writeHead(413).end()
    }
  })
  return { url, opened }
}

async function openPair(t: TestContext, given: Given = {}) {
  const { url, opened } = await startOurs(t)
  const client = await open(t, url, given)
  const [server] = opened
  assert.ok(server)
  return { client, server }
}

test("messages cross in both directions and in order, whatever line ends they hold", async (t) => {
  const { client, server } = await openPair(t, { patienceMs: 30_000 })
  const atClient = collect(client)
  const sent = Array.from({ length: 50 }, (_, id) => `{"id":${id}}`)
  for (const message of sent) client.send(Buffer.from(message))
  for (const message of [...sent, '{\n"id":\n\n1}']) server.channel.send(Buffer.from(message))
  assert.deepEqual(await server.seen.next(50), sent)
  assert.deepEqual(await atClient.next(51), [...sent, '{\n"id":\n\n1}'])
})

test("messages that came before anyone listened wait, and none comes after the close", async (t) => {
  const { client, server } = await openPair(t)
  server.channel.send(Buffer.from("1"))
  const seen = collect(client)
  assert.deepEqual(await seen.next(1), ["1"])
  client.close()
  server.channel.send(Buffer.from("2"))
  assert.equal(await client.closed, undefined)
  assert.equal((await server.channel.closed)?.code, "service_unavailable")
  assert.deepEqual(seen.messages, ["1"])
})

test("our server's close ends the client's channel", async (t) => {
  const { client, server } = await openPair(t)
  collect(client)
  server.channel.close()
  assert.equal(await server.channel.closed, undefined)
  assert.equal((await client.closed)?.code, "service_unavailable")
})

test("a message over the limit is refused alone, and the channel goes on", async (t) => {
  const { url, opened } = await startOurs(t, 10)
  const client = await open(t, url)
  const reason = await new Promise<GatewayError | undefined>((resolve) =>
    client.send(Buffer.alloc(11, "x"), resolve),
  )
  assert.deepEqual(reason?.detail, { status: 413 })
  client.send(Buffer.from("{}"))
  assert.deepEqual(await opened[0]?.seen.next(1), ["{}"])
})

test("a refusal that nobody asked to be told of ends the channel", async (t) => {
  const { url } = await startOurs(t, 10)
  const client = await open(t, url)
  client.send(Buffer.alloc(11, "x"))
  assert.deepEqual((await client.closed)?.detail, { status: 413 })
})

test("a session that has gone ends the channel", async (t) => {
  const url = await listen(t, (request, response) => {
    if (request.method === "POST") response.writeHead(404).end()
    else
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write("event: endpoint\ndata: /messages\n\n")
  })
  const client = await open(t, url)
  client.send(Buffer.from("{}"), () => assert.fail("not this message alone"))
  assert.deepEqual((await client.closed)?.detail, { status: 404 })
})

test("an event over the limit ends the channel as too large", async (t) => {
  const { client, server } = await openPair(t)
  collect(client)
  server.channel.send(Buffer.alloc(maxMessageBytes + 1, "x"))
  assert.equal((await client.closed)?.code, "too_large")
})

test("a service that answers its POSTs only when the call is done does not hold up the next message", async (t) => {
  const posted: string[] = []
  const held: ServerResponse[] = []
  let stream: ServerResponse | undefined
  const url = await listen(t, async (request, response) => {
    if (request.method === "GET") {
      stream = response.writeHead(200, { "content-type": "text/event-stream" })
      response.write("event: endpoint\ndata: messages\n\n")
      return
    }
    posted.push(`${request.url} ${String(request.headers["x-key"])} ${(await readBody(request)).toString()}`)
    held.push(response)
    if (held.length === 3) stream?.write("data: done\n\n")
  })
  const client = await open(t, url)
  for (const id of [1, 2, 3]) client.send(Buffer.from(`${id}`))
  assert.deepEqual(await collect(client).next(1), ["done"])
  assert.deepEqual(posted, ["/messages k 1", "/messages k 2", "/messages k 3"])
})

test("an endpoint on another origin is refused, and nothing is sent there", async (t) => {
  for (const endpoint of [
    "//evil.example/x",
    "https://127.0.0.1/x",
    "http://127.0.0.1:1/x",
    "http://[",
    "javascript:x",
  ]) {
    const url = await listen(t, (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(`event: endpoint\ndata: ${endpoint}\n\n`)
    })
    await assert.rejects(open(t, url), { code: "forbidden" }, endpoint)
  }
})

test("a service that opens no event stream is refused for what it did", async (t) => {
  const cases: [Handle, object][] = [
    [(_, response) => response.writeHead(401).end(), { code: "service_unavailable", detail: { status: 401 } }],
    [(_, response) => response.writeHead(302, { location: "/other" }).end(), { detail: { status: 302 } }],
    [
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      { detail: { status: 200 } },
    ],
    [
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(),
      { code: "service_unavailable" },
    ],
    [
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).end("data: {}\n\n"),
      { code: "service_unavailable" },
    ],
    [({ socket }) => socket.destroy(), { code: "service_unavailable" }],
  ]
  for (const [handle, expected] of cases) await assert.rejects(open(t, await listen(t, handle)), expected)
  await assert.rejects(open(t, new URL("ftp://127.0.0.1/")), { code: "invalid" })
})

test("a service that never names its endpoint is given up in time", async (t) => {
  const url = await listen(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(": hello\n\n")
  })
  await assert.rejects(open(t, url, { connectTimeoutMs: 50 }), { code: "timeout" })
})

async function openRaw(url: URL, headers = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { headers }), "response")) as [IncomingMessage]
  return response
}

test("our stream has the headers that keep proxies from holding it, and a comment every 15 s", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] })
  const { url } = await startOurs(t)
  const response = await openRaw(url)
  assert.equal(response.headers["content-type"], "text/event-stream")
  assert.equal(response.headers["cache-control"], "no-store, no-transform")
  assert.equal(response.headers["x-accel-buffering"], "no")
  assert.equal(String((await once(response, "data"))[0]), "event: endpoint\ndata: /messages?sessionId=0\n\n")
  t.mock.timers.tick(15_000)
  assert.equal(String((await once(response, "data"))[0]), ": keep-alive\n\n")
  response.destroy()
})

test("a client that stops reading is cut off once 8 MiB wait for it", async (t) => {
  const { url, opened } = await startOurs(t)
  const response = await openRaw(url)
  response.on("error", () => undefined)
  const channel = opened[0]?.channel
  const megabyte = Buffer.alloc(1024 * 1024, "x")
  for (let sent = 0; sent < 32; sent += 1) channel?.send(megabyte)
  assert.equal((await channel?.closed)?.code, "overloaded")
  assert.equal(opened[0]?.response.destroyed, true)
})

test("an empty body is refused, and a client that has gone is not waited for", async (t) => {
  const { url, opened } = await startOurs(t)
  const response = await openRaw(url)
  assert.throws(() => opened[0]?.channel.deliver(Buffer.alloc(0)), { code: "invalid" })
  response.destroy()
  assert.equal((await opened[0]?.channel.closed)?.code, "service_unavailable")
  const gone = opened[0]?.response
  assert.ok(gone)
  const late = openSseServerChannel(gone, { endpointPath: "/messages", maxMessageBytes })
  assert.equal((await late.closed)?.code, "service_unavailable")
})

test("our client speaks with the SDK's server", async (t) => {
  let transport: SSEServerTransport | undefined
  const url = await listen(t, async (request, response) => {
    if (request.method === "POST") return transport?.handlePostMessage(request, response)
    transport = new SSEServerTransport("/messages", response)
    Object.assign(transport, { onmessage: transport.send.bind(transport) })
    await transport.start()
  })
  const client = await open(t, url)
  const seen = collect(client)
  client.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'))
  assert.deepEqual(await seen.next(1), ['{"jsonrpc":"2.0","id":1,"method":"ping"}'])
  await transport?.close()
  assert.equal((await client.closed)?.code, "service_unavailable")
})

test("the SDK's client speaks with our server", async (t) => {
  const { url, opened } = await startOurs(t)
  const transport = new SSEClientTransport(url)
  const received = new Promise((onmessage) => Object.assign(transport, { onmessage }))
  await transport.start()
  await transport.send({ jsonrpc: "2.0", id: 1, method: "ping" })
  assert.deepEqual(await opened[0]?.seen.next(1), ['{"jsonrpc":"2.0","id":1,"method":"ping"}'])
  opened[0]?.channel.send(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}'))
  assert.deepEqual(await received, { jsonrpc: "2.0", id: 1, result: {} })
  await transport.close()
  assert.equal((await opened[0]?.channel.closed)?.code, "service_unavailable")
})
