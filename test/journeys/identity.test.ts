/** What SECURITY.md promises of credentials and doors, tried from outside on a running gateway. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe, HttpRefusal } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, type Peer } from "./peer.ts"
import { rawRequest } from "./raw-request.ts"
import { hello } from "./services.ts"
import { ssePipe } from "./sse-pipe.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 120_000 }
const listTools = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })
const json = "content-type: application/json"
const publicPaths = ["/health", "/liveness", "/readiness", "/openapi.json", "/docs"]

let gateway: TestGateway
let host: string
let admin: Peer

before(async () => {
  gateway = await startGateway({ services: { hello } })
  host = `host: ${new URL(gateway.url).host}`
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
})

after(async () => {
  await admin?.close()
  await gateway?.stop()
})

const post = (lines: readonly string[], path = "/mcp"): ReturnType<typeof rawRequest> =>
  rawRequest(gateway.origin, `POST ${path}`, [json, ...lines], listTools)

const get = (path: string, lines: readonly string[] = []): ReturnType<typeof rawRequest> =>
  rawRequest(gateway.origin, `GET ${path}`, [host, ...lines])

test("AUTHN-01 without a credential nothing answers but what is public", limit, async () => {
  const closed = [
    "/",
    "/mcp",
    "/mcp/hello",
    "/sse",
    "/metrics",
    "/admin/",
    "/api/v1/services",
    "/api/v1/events",
    "/api/v1/nothing",
  ]
  const more = ["/nothing", "/health/", "/healthx", "//health", "/docsx", "/.well-known/nothing", "/%2fmcp"]
  for (const path of [...closed, ...more]) assert.equal((await get(path)).status, 401, path)
  const misleading = ["/docs/../mcp", "/docs/%2E%2e/api/v1/services", "/docs/..", "/./mcp", "/docs\\..\\mcp"]
  for (const path of misleading) assert.equal((await get(path)).status, 400, path)
  for (const method of ["POST", "DELETE", "PUT", "OPTIONS"]) {
    for (const path of [
      "/mcp",
      "/messages",
      "/mcp/hello",
      "/api/v1/services",
      "/api/v1/tools/hello__add/invoke",
    ]) {
      const { status } = await rawRequest(gateway.origin, `${method} ${path}`, [host, json], listTools)
      assert.equal(status, 401, `${method} ${path}`)
    }
  }
  await assert.rejects(webSocketPipe(gateway.url), /401/)
  for (const path of publicPaths) assert.ok((await get(path)).status < 400, path)
  assert.deepEqual(JSON.parse((await get("/health")).body), { status: "ok" })
})

test("AUTHN-04 a wrong credential is refused like none, on public routes it changes nothing", limit, async () => {
  const [id] = [gateway.key.split("_")[1]]
  const wrong = [
    `Bearer ${gateway.key}x`,
    `Bearer mm_${id}_AAAA`,
    "Bearer",
    "Bearer ",
    "Basic !!!",
    "Digest x",
    gateway.key,
  ]
  for (const value of wrong) {
    const { status, body } = await post([host, `authorization: ${value}`])
    assert.ok(status === 401 || status === 400, `${value}: ${status}`)
    assert.ok(!body.includes(gateway.key))
  }
  assert.equal((await get("/health", ["authorization: Bearer wrong"])).status, 200)
})

test(
  "HTTP-01 requests under a foreign host or from a foreign page are refused on every route",
  limit,
  async () => {
    const authorization = `authorization: Bearer ${gateway.key}`
    for (const path of ["/mcp", "/sse", "/api/v1/services", ...publicPaths]) {
      for (const lines of [
        ["host: evil.example"],
        ["host: 127.0.0.1.evil.example"],
        [host, "origin: http://evil.example"],
        [host, "origin: null"],
      ]) {
        const { status } = await rawRequest(gateway.origin, `GET ${path}`, [...lines, authorization])
        assert.equal(status, 403, `${path} ${lines.join()}`)
      }
    }
    await assert.rejects(
      webSocketPipe(gateway.url, { ...bearer(gateway.key), origin: "http://evil.example" }),
      /403/,
    )
    assert.equal((await post([host, authorization, `origin: ${gateway.origin}`])).status, 200)
  },
)

test("AUTHN-09 two credentials are refused unless they are one", limit, async () => {
  const other = await createAgent(gateway, "other", {})
  const authorization = `authorization: Bearer ${gateway.key}`
  assert.equal((await post([host, authorization, authorization])).status, 400)
  assert.equal((await post([host, authorization, `authorization: Bearer ${other}`])).status, 400)
  assert.equal((await post([host, authorization, `x-api-key: ${other}`])).status, 400)
  assert.equal((await post([host, `x-api-key: ${gateway.key}`, `x-api-key: ${gateway.key}`])).status, 400)
  assert.equal((await post([host, authorization, `x-api-key: ${gateway.key}`])).status, 200)
  assert.equal((await post([host, `x-api-key: ${gateway.key}`])).status, 200)
})

test("AUTHN-08 a key in the query is no credential", limit, async () => {
  for (const name of ["key", "api_key", "apiKey", "access_token", "token", "x-api-key", "authorization"]) {
    const { status } = await post([host], `/mcp?${name}=${gateway.key}`)
    assert.ok(status === 401 || status === 400, `${name}: ${status}`)
  }
})

test("a name and its password are a credential, a wrong password is not", limit, async () => {
  const password = "correct horse battery staple: 9"
  await perform(admin, "create_principal", {
    name: "ann",
    kind: "human",
    grants: { tools: { allow: ["hello__add"] } },
    password,
  })
  const basic = (text: string): string => `authorization: Basic ${Buffer.from(text).toString("base64")}`
  const allowed = await post([host, basic(`ann:${password}`)])
  assert.equal(allowed.status, 200)
  assert.match(allowed.body, /hello__add/)
  assert.equal((await post([host, basic("ann:wrong")])).status, 401)
  assert.equal((await post([host, basic(`nobody:${password}`)])).status, 401)
})

test("AUTHN-05 a revoked key is refused at once, on connections that are open already too", limit, async (t) => {
  const key = await createAgent(gateway, "leaver", { tools: { allow: ["hello__*"] } })
  const headers = bearer(key)
  const session = await openPeer(httpPipe(gateway.url, headers), { era: "legacy" })
  const modern = await openPeer(httpPipe(gateway.url, headers))
  const listening = await openPeer(httpPipe(gateway.url, headers))
  const socketPipe = await webSocketPipe(gateway.url, headers)
  const socket = await openPeer(socketPipe, { era: "legacy" })
  const stream = await openPeer(await ssePipe(`${gateway.origin}/sse`, headers), { era: "legacy" })
  t.after(() => Promise.all([session, modern, listening, socket, stream].map((peer) => peer.close())))
  const listened = listening.call("subscriptions/listen", { notifications: { toolsListChanged: true } })
  await listening.until(({ method }) => method === "notifications/subscriptions/acknowledged")
  for (const peer of [session, modern, socket, stream]) assert.ok((await listNames(peer)).includes("hello__add"))

  await perform(admin, "revoke_key", { id: key.split("_")[1] })
  for (const peer of [session, modern, stream]) assert.equal(await refusalOf(peer), 401)
  const overSocket = await Promise.race([
    refusalOf(socket),
    eventually("the socket closes", () => socketPipe.socket.readyState >= 2).then(() => 401),
  ])
  assert.equal(overSocket, 401)
  assert.ok((await listened).error, "the subscription ends")
  await eventually("the socket closes", () => socketPipe.socket.readyState >= 2)
})

/** 401 whether HTTP or JSON-RPC says that the credential is no longer good. */
async function refusalOf(peer: Peer): Promise<number> {
  try {
    const { error } = await peer.tool("hello__add", { a: 1, b: 2 })
    return error?.data?.["code"] === "unauthenticated" ? 401 : 200
  } catch (error) {
    if (error instanceof HttpRefusal) return error.status
    throw error
  }
}
