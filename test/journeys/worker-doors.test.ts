/** What clients see of a gateway of several processes: the same as of one, whichever of them their connections reach. */
import assert from "node:assert/strict"
import { stat } from "node:fs/promises"
import { request } from "node:http"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"
import { childrenOf, commandOf, isAlive } from "./child-processes.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Peer } from "./peer.ts"
import { rawRequest } from "./raw-request.ts"
import { startService, type ScriptedService } from "./scripted-service.ts"
import { hello } from "./services.ts"
import { webSocketPipe } from "./websocket-pipe.ts"
import { watchBreakers } from "./worker-breakers.ts"

const limit = { timeout: 120_000 }
const size = 3
const socket = "data/workers.sock"

let service: ScriptedService
let gateway: TestGateway

before(async () => {
  service = await startService({ tools: [{ name: "work" }, { name: "later" }] })
  const services = { scripted: { url: service.url, pin: "off" }, held: { url: service.url }, hello }
  gateway = await startGateway({ services, args: ["--workers", String(size)] })
  const client = await peerOf(gateway.key)
  await eventually("all is listed", async () => (await listNames(client)).includes("hello__add"))
})

after(async () => {
  await gateway?.stop()
  await service?.close()
})

test("a key that is revoked is refused by every worker from then on", limit, async () => {
  const key = await createAgent(gateway, "leaving", { tools: { allow: ["*"] } })
  const peers = await Promise.all(Array.from({ length: 4 * size }, () => peerOf(key)))
  for (const peer of peers) assert.equal(textOf(await peer.tool("scripted__work")), "work")
  const { status } = await rest(gateway, "DELETE", `/keys/${key.split("_")[1]}`)
  assert.ok(status < 300, `revoking answered ${status}`)
  const seen = service.seen.length
  const answers = await Promise.all(
    peers.map((peer) => peer.tool("scripted__work").then(({ error }) => error?.data?.["code"], refusedAs)),
  )
  assert.deepEqual(new Set(answers), new Set(["unauthenticated"]))
  assert.equal(service.seen.length, seen)
})

test("what is granted and taken away holds for the next call, whichever worker gets it", limit, async () => {
  const key = await createAgent(gateway, "narrowed", { tools: { allow: ["*"] } })
  const peers = await Promise.all(Array.from({ length: 2 * size }, () => peerOf(key)))
  for (const peer of peers) assert.equal(textOf(await peer.tool("scripted__work")), "work")
  const narrowed = await rest(gateway, "PUT", "/principals/narrowed/grants", {
    grants: { tools: { allow: ["hello__*"] } },
  })
  assert.ok(narrowed.status < 300, JSON.stringify(narrowed.body))
  for (const peer of peers) assert.match((await peer.tool("scripted__work")).error?.message ?? "", /^Unknown tool/)
})

test("POI-09 every worker refuses a tool that has changed, and no other", limit, async () => {
  const peers = await Promise.all(Array.from({ length: 4 * size }, () => peerOf(gateway.key)))
  for (const peer of peers) assert.equal(textOf(await peer.tool("held__later")), "later")
  const before = service.tools
  service.tools = before.map((tool) => (tool.name === "later" ? { ...tool, annotations: { title: "!" } } : tool))
  await rest(gateway, "POST", "/services/held/refresh")
  const seen = service.seen.length
  for (const peer of peers) assert.match((await peer.tool("held__later")).error?.message ?? "", /^Unknown tool/)
  assert.equal(service.seen.length, seen)
  for (const peer of peers) assert.equal(textOf(await peer.tool("held__work")), "work")
  service.tools = before
})

test("a legacy session goes on over any connection, with its stream", limit, async () => {
  const pipe = httpPipe(gateway.url, bearer(gateway.key))
  const peer = await openPeer(pipe, { era: "legacy" })
  await pipe.openStream()
  const answers = await Promise.all(
    Array.from({ length: 4 * size }, () => peer.tool("hello__add", { a: 1, b: 2 })),
  )
  for (const { result } of answers) assert.deepEqual(result?.["structuredContent"], { sum: 3 })
  service.tools = [...service.tools, { name: "new" }]
  await rest(gateway, "POST", "/services/scripted/refresh")
  await peer.until(({ method }) => method === "notifications/tools/list_changed")
  assert.equal(await pipe.end(), 204)
})

test("a WebSocket is served through a worker", limit, async () => {
  const peer = await openPeer(await webSocketPipe(gateway.url, bearer(gateway.key)))
  assert.equal(textOf(await peer.tool("scripted__work")), "work")
  await peer.close()
})

test("a request that is refused before it was read gets its answer", limit, async () => {
  const answer = await fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.alloc(2 * 1_024 * 1_024, " "),
  })
  assert.equal(answer.status, 401)
})

test("a header that came twice is refused, and recorded as its sender's", limit, async () => {
  const lines = [
    `host: ${new URL(gateway.origin).host}`,
    "host: elsewhere.example",
    `authorization: Bearer ${gateway.key}`,
  ]
  const { status } = await rawRequest(gateway.origin, "GET /api/v1/services", lines)
  assert.equal(status, 400)
})

test("AUTHN-19 nobody else speaks as a worker", limit, async () => {
  const path = join(gateway.folder, socket)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const forged = { "mcp-meta-worker": "x 192.0.2.1", authorization: `Bearer ${gateway.key}` }
  assert.equal(await statusAt({ socketPath: path, path: "/api/v1/services", headers: forged }), 403)
  const outside = await fetch(`${gateway.origin}/api/v1/audit/entries?kind=refusal`, { headers: forged })
  assert.equal(outside.status, 200)
  assert.equal(outside.headers.get("mcp-meta-admitted"), null)
  assert.ok(!(await outside.text()).includes("192.0.2.1"))
})

test("readiness says how many workers are up", limit, async () => {
  const answer = await fetch(`${gateway.origin}/readiness`)
  assert.deepEqual(await answer.json(), { status: "ready", workers: { up: size, of: size } })
})

test("what workers leave alone is seen, until it is over or they are gone", { timeout: 180_000 }, (t) =>
  watchBreakers(t, gateway, async () => {
    const before = workers()
    for (const pid of before) process.kill(pid, "SIGKILL")
    const isReplaced = (): boolean => workers().filter((pid) => !before.includes(pid)).length === size
    await eventually("others are in their place", async () => isReplaced() && (await workersUp()) === size, 30_000)
  }),
)

test("workers end with their owner, however it ends", limit, async () => {
  const children = childrenOf(gateway.process.child.pid)
  assert.ok(children.length >= size)
  await gateway.process.stop("SIGKILL")
  await eventually("none is left", () => !children.some(isAlive))
})

function workers(): readonly number[] {
  return childrenOf(gateway.process.child.pid).filter((pid) => commandOf(pid).includes("main/worker"))
}

async function workersUp(): Promise<number> {
  const answer = await fetch(`${gateway.origin}/readiness`).catch(() => undefined)
  const { workers } = ((await answer?.json()) ?? {}) as { readonly workers?: { readonly up: number } }
  return workers?.up ?? 0
}

function peerOf(key: string): Promise<Peer> {
  return openPeer(httpPipe(gateway.url, bearer(key)))
}

/** The code in the body of an HTTP refusal. */
function refusedAs(thrown: unknown): string {
  return /"code":"(\w+)"/.exec(String(thrown))?.[1] ?? String(thrown)
}

function statusAt(options: {
  socketPath: string
  path: string
  headers: Record<string, string>
}): Promise<number> {
  return new Promise((resolve, reject) => {
    request(options, (answer) => resolve(answer.resume().statusCode ?? 0))
      .on("error", reject)
      .end()
  })
}
