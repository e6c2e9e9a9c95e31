import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js"
import { WebSocket, WebSocketServer } from "ws"
import type { Channel } from "../../../src/mcp/channels/channel.ts"
import { openWebSocketChannel } from "../../../src/mcp/channels/websocket-client.ts"
import { acceptWebSocket } from "../../../src/mcp/channels/websocket-server.ts"
import { collect } from "./collect.ts"

const maxMessageBytes = 1_000
const room = { take: () => {}, give: () => {} }

/** Our server on loopback; `accepted` is what became of each upgrade, in order. */
async function startServer(t: TestContext) {
  const accepted: Promise<Channel>[] = []
  const server = createServer()
  server.on("upgrade", (request, socket, head) => {
    const channel = acceptWebSocket(request, socket, head, { maxMessageBytes, room })
    channel.catch(() => undefined)
    accepted.push(channel)
    server.emit("accepted")
    t.after(() => socket.destroy())
  })
  return { server, url: await listen(t, server), accepted }
}

async function listen(t: TestContext, server: ReturnType<typeof createServer>): Promise<URL> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  return new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)
}

const open = (url: URL, headers = {}): Promise<Channel> =>
  openWebSocketChannel({ url, headers, maxMessageBytes, connectTimeoutMs: 5_000 })

async function openPair(t: TestContext): Promise<{ client: Channel; server: Channel }> {
  const { url, accepted } = await startServer(t)
  const client = await open(url)
  t.after(() => client.close())
  const server = await accepted[0]
  assert.ok(server)
  return { client, server }
}

test("messages cross in both directions and in order, and one side's close ends the other", async (t) => {
  const { client, server } = await openPair(t)
  const [atClient, atServer] = [collect(client), collect(server)]
  const sent = Array.from({ length: 100 }, (_, id) => `{"id":${id}}`)
  for (const message of sent) client.send(Buffer.from(message))
  for (const message of sent) server.send(Buffer.from(message))
  assert.deepEqual(await atServer.next(100), sent)
  assert.deepEqual(await atClient.next(100), sent)
  client.close()
  client.send(Buffer.from("late"))
  assert.equal(await client.closed, undefined)
  assert.equal((await server.closed)?.code, "service_unavailable")
  assert.equal(atServer.messages.length, 100)
})

test("messages sent before the other side listens wait for it", async (t) => {
  const { client, server } = await openPair(t)
  client.send(Buffer.from("1"))
  server.send(Buffer.from("2"))
  assert.deepEqual(await collect(client).next(1), ["2"])
  assert.deepEqual(await collect(server).next(1), ["1"])
})

test("a message sent is not changed by its sending", async (t) => {
  const { client, server } = await openPair(t)
  const message = Buffer.from('{"id":1}')
  client.send(message)
  await collect(server).next(1)
  assert.equal(message.toString(), '{"id":1}')
})

test("a message over the limit ends the channel as too large on both sides", async (t) => {
  for (const from of ["client", "server"] as const) {
    const pair = await openPair(t)
    collect(pair.client)
    collect(pair.server)
    pair[from].send(Buffer.alloc(maxMessageBytes + 1, "x"))
    assert.equal((await pair.server.closed)?.code, "too_large")
    assert.equal((await pair.client.closed)?.code, "too_large")
  }
})

test("a binary frame is refused with 1003", async (t) => {
  const { url, accepted } = await startServer(t)
  const peer = new WebSocket(url, "mcp")
  await once(peer, "open")
  const channel = await accepted[0]
  assert.ok(channel)
  const seen = collect(channel)
  peer.send(Buffer.from("{}"), { binary: true })
  assert.equal((await once(peer, "close"))[0], 1_003)
  assert.equal((await channel.closed)?.code, "invalid")
  assert.deepEqual(seen.messages, [])
})

test("text that is no UTF-8 ends the channel, and an empty frame is skipped", async (t) => {
  const { url, accepted } = await startServer(t)
  const peer = new WebSocket(url, "mcp")
  await once(peer, "open")
  const channel = await accepted[0]
  assert.ok(channel)
  const seen = collect(channel)
  peer.send("")
  peer.send(Buffer.from([0xff]), { binary: false })
  assert.equal((await channel.closed)?.code, "invalid")
  assert.deepEqual(seen.messages, [])
})

test("the subprotocol is answered where it was asked for, and nothing else is", async (t) => {
  const { url } = await startServer(t)
  for (const [offered, chosen] of [
    [["other", "mcp"], "mcp"],
    [[], ""],
  ] as const) {
    const peer = new WebSocket(url, [...offered])
    await once(peer, "open")
    assert.equal(peer.protocol, chosen)
    assert.equal(peer.extensions, "")
    peer.terminate()
  }
})

test("a request that is no handshake gets 400 and no channel", async (t) => {
  const { server, url, accepted } = await startServer(t)
  const socket = connect(Number(url.port), "127.0.0.1")
  t.after(() => socket.destroy())
  socket.write("GET /mcp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
  await once(server, "accepted")
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1.1 400 /)
  await assert.rejects(async () => accepted[0], { code: "invalid" })
})

test("an upgrade whose client has gone gives no channel", async (t) => {
  const server = createServer()
  const url = await listen(t, server)
  const peer = new WebSocket(url, "mcp")
  peer.on("error", () => undefined)
  const [request, socket, head] = await once(server, "upgrade")
  socket.destroy()
  await once(socket, "close")
  await assert.rejects(acceptWebSocket(request, socket, head, { maxMessageBytes, room }), {
    code: "service_unavailable",
  })
})

test("a service that answers with an HTTP status is refused, with the status as detail and our headers seen", async (t) => {
  const server = createServer((request, response) =>
    response.writeHead(request.headers["x-key"] === "k" ? 403 : 500).end(),
  )
  server.on("upgrade", ({ headers }, socket) =>
    socket.end(`HTTP/1.1 ${headers["x-key"] === "k" ? 403 : 500} No\r\nContent-Length: 0\r\n\r\n`),
  )
  await assert.rejects(open(await listen(t, server), { "x-key": "k" }), {
    code: "service_unavailable",
    detail: { status: 403 },
  })
})

test("a redirect is not followed", async (t) => {
  const { url: elsewhere, accepted } = await startServer(t)
  const server = createServer()
  server.on("upgrade", (_request, socket) =>
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${elsewhere.href}\r\nContent-Length: 0\r\n\r\n`),
  )
  await assert.rejects(open(await listen(t, server)), { code: "service_unavailable", detail: { status: 302 } })
  assert.equal(accepted.length, 0)
})

test("a service that cannot be reached, never answers, or has no usable address is told apart", async () => {
  const silent = createTcpServer((socket) => socket.resume())
  silent.listen(0, "127.0.0.1")
  await once(silent, "listening")
  const url = new URL(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`)
  await assert.rejects(openWebSocketChannel({ url, headers: {}, maxMessageBytes, connectTimeoutMs: 20 }), {
    code: "timeout",
  })
  silent.close()
  await once(silent, "close")
  await assert.rejects(open(url), { code: "service_unavailable" })
  await assert.rejects(open(new URL("ftp://127.0.0.1/")), { code: "invalid" })
  await assert.rejects(open(url, { "bad header": "x" }), { code: "invalid" })
})

test("a peer that answers pings lives on, and one that has gone silent is cut off", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] })
  const { client, server } = await openPair(t)
  collect(client)
  const atServer = collect(server)
  for (const round of [1, 2, 3]) {
    t.mock.timers.tick(15_000)
    client.send(Buffer.from("still here"))
    await atServer.next(round)
  }
  const silent = await openSilentPeer(t)
  t.mock.timers.tick(15_000)
  t.mock.timers.tick(15_000)
  assert.equal((await silent.closed)?.code, "service_unavailable")
})

/** A channel whose peer completed the handshake and then neither reads nor writes. */
async function openSilentPeer(t: TestContext): Promise<Channel> {
  const { server, url, accepted } = await startServer(t)
  const socket = connect(Number(url.port), "127.0.0.1")
  t.after(() => socket.destroy())
  socket.write("GET /mcp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
  socket.write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
  await once(server, "accepted")
  const channel = await accepted[0]
  assert.ok(channel)
  collect(channel)
  return channel
}

test("a client that stops reading is cut off once 8 MiB wait for it", async (t) => {
  const channel = await openSilentPeer(t)
  const megabyte = Buffer.alloc(1024 * 1024, "x")
  for (let sent = 0; sent < 32; sent += 1) channel.send(megabyte)
  assert.equal((await channel.closed)?.code, "overloaded")
})

test("the SDK's WebSocket client speaks with our server", async (t) => {
  const { url, accepted } = await startServer(t)
  const transport = new WebSocketClientTransport(url)
  await transport.start()
  const received = new Promise((onmessage) => Object.assign(transport, { onmessage }))
  await transport.send({ jsonrpc: "2.0", id: 1, method: "ping" })
  const channel = await accepted[0]
  assert.ok(channel)
  assert.deepEqual(await collect(channel).next(1), ['{"jsonrpc":"2.0","id":1,"method":"ping"}'])
  channel.send(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}'))
  assert.deepEqual(await received, { jsonrpc: "2.0", id: 1, result: {} })
  await transport.close()
  assert.equal((await channel.closed)?.code, "service_unavailable")
})

test("our client speaks with a plain WebSocket server", async (t) => {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  server.on("connection", (socket) => socket.on("message", (data: Buffer) => socket.send(data.toString())))
  const channel = await open(await listen(t, http))
  const seen = collect(channel)
  channel.send(Buffer.from("{}"))
  assert.deepEqual(await seen.next(1), ["{}"])
  channel.close()
})
