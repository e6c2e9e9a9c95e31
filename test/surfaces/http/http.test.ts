import assert from "node:assert/strict"
import { once } from "node:events"
import type { Server } from "node:http"
import { connect, type AddressInfo, type Socket } from "node:net"
import { test, type TestContext } from "node:test"
import { nothingShed, type LoadLevel } from "../../../src/domain/overload.ts"
import { GatewayError } from "../../../src/errors.ts"
import { BodyRoom } from "../../../src/mcp/server/body-room.ts"
import { StreamableHttp } from "../../../src/mcp/server/http-server.ts"
import { toRaw } from "../../../src/mcp/raw-json.ts"
import { allowPeers } from "../../../src/surfaces/http/http-guard.ts"
import { createHttpDoor, type HttpDoorOptions } from "../../../src/surfaces/http/http.ts"
import { ownLimits } from "../../../src/surfaces/http/own-limits.ts"
import { eventually } from "../../journeys/eventually.ts"
import { Pipes } from "../../../src/surfaces/pipes.ts"
import { Shedding } from "../../../src/surfaces/http/shedding.ts"

const serverInfo = toRaw({ name: "door", version: "1" })
const limits = {
  maxBodyBytes: 1_024,
  maxOpen: 10,
  maxEvents: 1,
  maxBytes: 1_024,
  maxSessions: 1,
  maxSessionsPerPrincipal: 1,
  idleMs: 1_000,
  lifetimeMs: 1_000,
}

async function openDoor(
  t: TestContext,
  more: Partial<HttpDoorOptions> = {},
  watch: (door: Server) => void = () => {},
): Promise<number> {
  const mcp: HttpDoorOptions["mcp"] = () => async () => ({ result: new Map() })
  const seal = { seal: () => "id", open: () => undefined }
  const room = new BodyRoom({ heldBytes: limits.maxBodyBytes, heldBytesPerPrincipal: limits.maxBodyBytes })
  const streamable = new StreamableHttp({ serverInfo, seal, limits, room })
  const own = ownLimits({ streamsPerPrincipal: 10, pipesPerPrincipal: 1 })
  const door = createHttpDoor({
    peers: allowPeers({ hosts: [], origins: [] }),
    limits: { headerBytes: 16_384, headers: 100, requestMs: 10_000 },
    sourceOf: () => "192.0.2.1",
    recall: () => undefined,
    admit: () => Promise.reject(new GatewayError("unauthenticated", "No key.")),
    mcp,
    paramHeaders: () => undefined,
    streamable,
    pipes: new Pipes({
      mcp,
      serverInfo,
      limits: { bodyBytes: 1_024, streams: 1, callsPerPrincipal: 1 },
      room,
      own: own.pipes,
    }),
    requests: own.requests,
    shedding: new Shedding({ governs: () => false, random: () => 0 }),
    load: () => ({ level: 0, reason: undefined, shed: nothingShed }),
    rest: async (_request, response) => void response.end("rest"),
    planPage: async (_request, response) => void response.end("plan"),
    ready: () => true,
    trouble: () => undefined,
    onRefused: async (_source, thrown) => GatewayError.from(thrown),
    ...more,
  })
  watch(door)
  door.listen(0, "127.0.0.1")
  await once(door, "listening")
  t.after(() => {
    streamable.close()
    door.closeAllConnections()
    door.close()
  })
  return (door.address() as AddressInfo).port
}

const handshake = "GET /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"

test("HTTP-15 a peer that resets its connection while it is admitted harms nobody", async (t) => {
  const asked = Promise.withResolvers<void>()
  const admitted = Promise.withResolvers<never>()
  const admit: HttpDoorOptions["admit"] = () => {
    asked.resolve()
    return admitted.promise
  }
  const port = await openDoor(t, { admit })
  const socket = connect(port, "127.0.0.1")
  socket.write(handshake)
  await asked.promise
  socket.resetAndDestroy()
  await once(socket, "close")
  const health = await fetch(`http://127.0.0.1:${port}/health`)
  assert.equal(health.status, 200)
  admitted.reject(new GatewayError("unauthenticated", "No key."))
})

test("an offer of HTTP/2 in the clear is declined, and the request answered", async (t) => {
  const port = await openDoor(t)
  const socket = connect(port, "127.0.0.1")
  socket.end(
    "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n",
  )
  const answer = Buffer.concat(await socket.toArray()).toString()
  assert.match(answer, /^HTTP\/1\.1 200 /)
})

test("a stopping gateway takes no more WebSockets", async (t) => {
  const port = await openDoor(t, { ready: () => false })
  const socket = connect(port, "127.0.0.1")
  socket.write(handshake)
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 503 /)
})

/** A door with three callers, all of whom are known by their keys, of a gateway at this level. */
async function openLoaded(t: TestContext, level: LoadLevel, refused: unknown[] = []): Promise<string> {
  const shedding = new Shedding({ governs: ({ principalId }) => principalId === "governor", random: () => 0 })
  shedding.heed({ level, reason: "it is Monday" })
  const port = await openDoor(t, {
    shedding,
    recall: ({ apiKey }) => (apiKey === undefined ? undefined : { principalId: apiKey }),
    onRefused: async (...told) => (refused.push(told), GatewayError.from(told[1])),
  })
  return `http://127.0.0.1:${port}`
}

const modern = { "mcp-protocol-version": "2026-07-28", "content-type": "application/json" }
type Ask = { readonly method?: "POST"; readonly headers?: Readonly<Record<string, string>> }

const asks: Readonly<Record<string, readonly [string, Ask]>> = {
  call: ["/mcp", { method: "POST", headers: { ...modern, "mcp-method": "tools/call" } }],
  listen: ["/mcp", { method: "POST", headers: { ...modern, "mcp-method": "subscriptions/listen" } }],
  stream: ["/mcp", { headers: { accept: "text/event-stream", "mcp-session-id": "id" } }],
  events: ["/api/v1/events", {}],
  "HTTP+SSE": ["/sse", {}],
  REST: ["/api/v1/services", {}],
  "message of a session": ["/mcp", { method: "POST", headers: { "mcp-session-id": "id" } }],
  health: ["/health", {}],
}

async function overloadedAmong(door: string, key: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    Object.entries(asks).map(async ([name, [path, { method = "GET", headers }]]) => {
      const signal = AbortSignal.timeout(5_000)
      const answer = await fetch(door + path, { method, signal, headers: { ...headers, "x-api-key": key } })
      if (answer.status !== 503) {
        await answer.body?.cancel()
        return [name, ""] as const
      }
      assert.ok(Number(answer.headers.get("retry-after")) >= 1, `${name} says when to come back`)
      return [name, await answer.text()] as const
    }),
  )
  return answers.filter(([, said]) => said.includes("overloaded")).map(([name]) => name)
}

test("RES-06 first new streams are refused, then new calls, and never what goes on or asks for health", async (t) => {
  const streams = ["listen", "stream", "events", "HTTP+SSE"]
  assert.deepEqual(await overloadedAmong(await openLoaded(t, 0), "agent"), [])
  assert.deepEqual(await overloadedAmong(await openLoaded(t, 1), "agent"), streams)
  assert.deepEqual(await overloadedAmong(await openLoaded(t, 2), "agent"), ["call", ...streams, "REST"])
})

test("RES-06 who governs is let through, and what was refused is told with its caller", async (t) => {
  const refused: unknown[] = []
  const door = await openLoaded(t, 2, refused)
  assert.deepEqual(await overloadedAmong(door, "governor"), [])
  assert.equal(refused.length, 0)
  const { length } = await overloadedAmong(door, "agent")
  assert.equal(refused.length, length)
  assert.ok(refused.every((told) => JSON.stringify(told).includes('"principalId":"agent"')))
})
for (const [what, sent] of [
  ["an upgrade that is refused", handshake],
  ["what is no HTTP", "\u0016\u0003\u0001 HELO\r\n\r\n"],
] as const) {
  test(`HTTP-15 ${what} leaves no connection behind, though its client never closes`, async (t) => {
    const sockets: Socket[] = []
    const port = await openDoor(t, {}, (server) =>
      server.on("connection", (socket: Socket) => sockets.push(socket)),
    )
    const clients = Array.from({ length: 20 }, () => connect({ port, host: "127.0.0.1", allowHalfOpen: true }))
    for (const client of clients) {
      client.on("error", () => {}) // a reset closes it as well
      client.write(sent)
      client.resume()
    }
    await eventually("all are closed", () => sockets.length === 20 && sockets.every(({ destroyed }) => destroyed))
    for (const client of clients) client.destroy()
  })
}
