/** What one source or one principal may hold: past it, it is told which setting says so, and others notice nothing. */

import assert from "node:assert/strict"
import { once } from "node:events"
import { request as send, type IncomingMessage } from "node:http"
import { connect, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { modernRevision, openPeer } from "../../journeys/peer.ts"
import { ssePipe } from "../../journeys/sse-pipe.ts"
import { webSocketPipe } from "../../journeys/websocket-pipe.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { createAgent, rest } from "../../support/rest.ts"

const limit = { timeout: 120_000 }
const mib = 1_048_576
const limits = {
  "connections-per-source": 30,
  "streams-per-principal": 8,
  "sessions-per-principal": 4,
  "pipes-per-principal": 3,
  "held-bytes": 2 * mib,
  "held-bytes-per-principal": 1.625 * mib,
  "request-ms": 4_000,
}
/** Another address of this machine. */
const elsewhere = "127.0.0.2"

let gateway: TestGateway
let ann: string
let bob: string

before(async () => {
  const args = Object.entries(limits).flatMap(([name, value]) => [`--limits-${name}`, String(value)])
  gateway = await startGateway({ args })
  const all = { permissions: ["observe"], tools: { allow: ["*"] } }
  ann = await createAgent(gateway, "ann", all)
  bob = await createAgent(gateway, "bob", all)
}, limit)

after(() => gateway?.stop())

function dial(localAddress = elsewhere): Socket {
  const { hostname: host, port } = new URL(gateway.origin)
  return connect({ host, port: Number(port), localAddress }).on("error", () => {})
}

type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }

async function get(path: string, { key = ann, from = "127.0.0.1" } = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}` }
  const sending = send(`${gateway.origin}${path}`, { headers, localAddress: from, agent: false }).end()
  const [answer] = (await once(sending, "response")) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

/** Opens a modern subscription. */
async function listen(key: string): Promise<Response> {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": modernRevision,
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  return fetch(gateway.url, {
    method: "POST",
    headers: {
      ...bearer(key),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": modernRevision,
      "mcp-method": "subscriptions/listen",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: { notifications: { toolsListChanged: true }, _meta: meta },
    }),
  })
}

function assertRefused(answer: { readonly status: number; readonly body: string }, setting: RegExp): void {
  assert.equal(answer.status, 503, answer.body)
  assert.match(answer.body, /"code":"overloaded"/)
  assert.match(answer.body, setting)
}

test("RES-08 one source that takes all its connections is told so, and others are served", limit, async () => {
  const sockets = Array.from({ length: limits["connections-per-source"] }, () => dial())
  await Promise.all(sockets.map((socket) => once(socket, "connect")))
  await eventually("it has all", async () => (await get("/api/v1/me", { from: elsewhere })).status === 503)
  const refused = await get("/api/v1/me", { from: elsewhere })
  assertRefused(refused, /limits\.connectionsPerSource/)
  assert.ok(Number(refused.headers["retry-after"]) >= 1)
  assert.equal(refused.headers.connection, "close")
  assert.equal((await get("/health", { from: elsewhere })).status, 200)
  assert.equal((await get("/api/v1/me")).status, 200)
  for (const socket of sockets) socket.destroy()
  await eventually("it is let in again", async () => (await get("/api/v1/me", { from: elsewhere })).status === 200)
})

test(
  "a flood of connections over the limit of its source is let go of, and the door stays open",
  limit,
  async () => {
    const sockets = Array.from({ length: 400 }, () => dial())
    await Promise.all(sockets.map((socket) => once(socket, "connect").catch(() => {})))
    await eventually("most are closed", () => sockets.filter(({ closed }) => closed).length >= 300)
    assert.equal((await get("/api/v1/me")).status, 200)
    for (const socket of sockets) socket.destroy()
    await eventually("all is as before", async () => {
      const answer = await get("/api/v1/me", { from: elsewhere }).catch(() => undefined)
      return answer?.status === 200
    })
  },
)

test("RES-08 one principal's requests and streams leave room for others", limit, async () => {
  const streams = await Promise.all(Array.from({ length: limits["streams-per-principal"] }, () => listen(ann)))
  assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]))
  const refused = await listen(ann)
  assertRefused({ status: refused.status, body: await refused.text() }, /limits\.streamsPerPrincipal/)
  assert.ok(Number(refused.headers.get("retry-after")) >= 1)
  assert.equal((await get("/api/v1/me")).status, 503, "over REST too")
  assert.equal((await get("/api/v1/me", { key: bob })).status, 200)
  for (const { body } of streams) await body?.cancel()
  await eventually("it is served again", async () => (await get("/api/v1/me")).status === 200)
})

test("RES-08 one principal's sessions leave those of others alone", limit, async () => {
  const pipes = Array.from({ length: limits["sessions-per-principal"] }, () => httpPipe(gateway.url, bearer(ann)))
  for (const pipe of pipes) {
    await openPeer(pipe, { era: "legacy" })
    await pipe.openStream()
  }
  await assert.rejects(
    openPeer(httpPipe(gateway.url, bearer(ann)), { era: "legacy" }),
    /limits\.sessionsPerPrincipal/,
  )
  const peer = await openPeer(httpPipe(gateway.url, bearer(bob)), { era: "legacy" })
  await peer.close()
  await pipes[0]?.close()
  await eventually("an idle one makes room", async () => {
    const opened = await openPeer(httpPipe(gateway.url, bearer(ann)), { era: "legacy" }).catch(() => undefined)
    return opened !== undefined
  })
  for (const pipe of pipes) await pipe.close()
})

test("RES-08 one principal's pipes leave room for others", limit, async () => {
  const pipes = [
    await webSocketPipe(gateway.url, bearer(ann)),
    await ssePipe(`${gateway.origin}/sse`, bearer(ann)),
    await webSocketPipe(gateway.url, bearer(ann)),
  ]
  await assert.rejects(webSocketPipe(gateway.url, bearer(ann)), /503/)
  await assert.rejects(ssePipe(`${gateway.origin}/sse`, bearer(ann)), /limits\.pipesPerPrincipal/)
  assertRefused(await get("/api/v1/events"), /limits\.pipesPerPrincipal/)
  const other = await webSocketPipe(gateway.url, bearer(bob))
  await Promise.all([other, ...pipes].map((pipe) => pipe.close()))
  await eventually("it has room again", async () => {
    const pipe = await webSocketPipe(gateway.url, bearer(ann)).catch(() => undefined)
    return pipe?.close().then(() => true)
  })
})

/** A POST whose body is not complete. */
function begin(path: string, { length, body }: { readonly length: number; readonly body: Buffer }): Socket {
  const socket = dial("127.0.0.1")
  const lines = [`POST ${path} HTTP/1.1`, "host: localhost", `authorization: Bearer ${ann}`]
  const more = ["content-type: application/json", `content-length: ${length}`]
  socket.write([...lines, ...more, "", ""].join("\r\n"))
  socket.write(body)
  return socket
}

for (const path of ["/mcp", "/api/v1/tools/x/invoke"]) {
  test(`RES-08 large bodies that arrive at once have a limit together: ${path}`, limit, async () => {
    const both = [1, 2].map(() => begin(path, { length: 2 * mib, body: Buffer.alloc(1.5 * mib, 0x20) }))
    const [answer] = (await Promise.race(both.map((socket) => once(socket, "data")))) as [Buffer]
    assertRefused(
      { status: Number(answer.toString().split(" ")[1]), body: answer.toString() },
      /limits\.heldBytes/,
    )
    for (const socket of both) socket.destroy()
    await eventually("there is room again", async () => {
      const third = begin(path, { length: 1.5 * mib, body: Buffer.alloc(1.5 * mib, 0x20) })
      const [answer] = (await once(third, "data")) as [Buffer]
      third.destroy()
      return answer.toString().startsWith("HTTP/1.1 4")
    })
  })
}

test("RES-08 one principal's large bodies leave room for others", limit, async () => {
  const held = begin("/mcp", { length: 2 * mib, body: Buffer.alloc(1.5 * mib, 0x20) })
  await eventually("the same principal is refused more", async () => {
    const more = begin("/mcp", { length: 0.375 * mib, body: Buffer.alloc(0.375 * mib, 0x20) })
    const [answer] = (await once(more, "data")) as [Buffer]
    more.destroy()
    return /limits\.heldBytesPerPrincipal/.test(answer.toString())
  })
  const { status } = await fetch(gateway.url, {
    method: "POST",
    headers: { ...bearer(bob), "content-type": "application/json" },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}${" ".repeat(0.375 * mib)}`,
  })
  assert.equal(status, 200)
  held.destroy()
})

for (const [what, start] of [
  ["head", "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx: "],
  [
    "body",
    "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
  ],
] as const) {
  test(
    `HTTP-15 a client that sends its ${what} a byte at a time is cut off after limits.requestMs`,
    limit,
    async () => {
      const socket = dial("127.0.0.1")
      const key = `authorization: Bearer ${ann}\r\n`
      socket.write(start.replace("x: ", `${key}x: `).replace("content-type", `${key}content-type`))
      const drip = setInterval(() => socket.write(" "), 250)
      socket.resume()
      await once(socket, "close")
      clearInterval(drip)
      assert.equal((await get("/api/v1/me")).status, 200)
    },
  )
}

test("what was refused is on record, folded where there was much of it", limit, async () => {
  await eventually("it is there", async () => {
    const { body } = await rest(gateway, "GET", "/audit/entries?kind=refusal&limit=200")
    const { entries } = body as {
      entries: { rule?: string; outcome?: string; principalId?: string; count?: number }[]
    }
    const refused = entries.filter(({ rule, outcome }) => rule === "load" && outcome === "overloaded")
    return (
      refused.some(({ principalId }) => principalId !== undefined) && refused.some(({ count = 1 }) => count > 100)
    )
  })
})
