/**
 * Connections of services that are held to some addresses: what was checked is what is dialled, by every transport, also
 * where a file was written past all operations, a name changes what it stands for, or a service sends us elsewhere.
 * 127.0.0.1 stands for what is allowed and 127.0.0.2 for what is not; names stand for what the test says.
 */

import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdir, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Resolve } from "../../../src/fleet/links/name-lookups.ts"
import { openWebhookSink } from "../../../src/sinks/webhook-sink.ts"
import { eventually } from "../../journeys/eventually.ts"
import { say, startService } from "../../journeys/scripted-service.ts"
import { callTool, openFleet, openMachine, program, textOf, type Given } from "../fleet-kit.ts"
import { listenCounting } from "./counting-listeners.ts"
import { foreignUrls, names, urlsTo } from "./url-forms.ts"
import { makeFolder } from "../../support/folder.ts"

const types = { http: "http", sse: "http", websocket: "ws" } as const
const held = { allow: ["127.0.0.1"], http: true }
const inClear = { outbound: { http: true } }
const addressesOf = (addresses: readonly string[]) =>
  addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))

function tell(t: TestContext, figures: object): void {
  t.diagnostic(JSON.stringify(figures))
}

/** As some hand has written their files, each past all operations. */
async function openByHand(t: TestContext, services: Record<string, object>, machine: Given["machine"]) {
  const folder = makeFolder()
  await mkdir(join(folder, "servers.d"), { mode: 0o700 })
  for (const [name, raw] of Object.entries(services))
    await writeFile(join(folder, "servers.d", `${name}.json`), JSON.stringify(raw), { mode: 0o600 })
  return openFleet(t, {}, { folder, ...(machine && { machine }) })
}

test("SSRF-01 SSRF-02 SSRF-07 SSRF-09 a file that says public is held to that when it is dialled, whoever wrote it", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1", "127.0.0.2", "::1"])
  const resolve: Resolve = async (name) => addressesOf(names[name] ?? [])
  const services: Record<string, object> = {}
  for (const [type, scheme] of Object.entries(types))
    for (const [index, url] of [...urlsTo(scheme, port), ...foreignUrls].entries())
      services[`${type}-${index}`] = { type, url, network: { allow: ["public"] } }
  const { files, fleet } = await openByHand(t, services, openMachine(inClear, resolve))
  await fleet.settled()
  assert.deepEqual(
    fleet.status().filter(({ state }) => state !== "down"),
    [],
  )
  assert.deepEqual(reached, [])
  const all = Object.keys(services).length
  const refused = files.problems().length
  assert.equal(fleet.status().length, all - refused)
  tell(t, { id: "SSRF", files: all, refusedAsFiles: refused, dialled: all - refused, reached: reached.length })
})

test("SSRF-04 a name that changes what it stands for is dialled where it was checked, and not where it was not", async (t) => {
  const service = await startService({ tools: [{ name: "greet", run: () => say("hello") }] })
  t.after(() => service.close())
  const { port } = new URL(service.url)
  const { reached } = await listenCounting(t, ["127.0.0.2"], Number(port))
  let asked = 0
  let stands = "127.0.0.1"
  const resolve: Resolve = async () => {
    asked += 1
    return addressesOf([stands])
  }
  const services = { rebound: { type: "http", url: `http://rebound.example:${port}/mcp`, network: held } }
  const { fleet } = await openFleet(t, services, { machine: openMachine({}, resolve) })
  await fleet.settled()
  assert.equal(textOf(await callTool(fleet, "rebound", "greet")), "hello")
  stands = "127.0.0.2"
  await service.close()
  const before = asked
  await eventually("a call is told why it is not made", () =>
    callTool(fleet, "rebound", "greet").then(
      () => false,
      (thrown: unknown) => String(thrown).includes("not public"),
    ),
  )
  assert.ok(asked > before)
  assert.deepEqual(reached, [])
  tell(t, { id: "SSRF-04", lookups: asked, reached: reached.length })
})

test("SSRF-04 every other answer refused: each connection goes to the address of its own lookup", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1", "127.0.0.2"])
  let turn = 0
  const resolve: Resolve = async () => addressesOf([turn++ % 2 === 0 ? "127.0.0.1" : "127.0.0.2"])
  const services = Object.entries(types).map(([type, scheme]) => [
    type,
    { type, url: `${scheme}://rebound.example:${port}/mcp`, network: held },
  ])
  const { fleet } = await openFleet(t, Object.fromEntries(services), { machine: openMachine({}, resolve) })
  await eventually("both answers were given many times", () => turn > 12)
  await fleet.stop(0)
  assert.ok(reached.length > 0)
  assert.ok(reached.every((address) => address === "127.0.0.1"))
  tell(t, { id: "SSRF-04", lookups: turn, dialledAsChecked: reached.length, dialledOtherwise: 0 })
})

test("SSRF-03 a name with one address that may not be dialled is not dialled at all", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1", "127.0.0.2"])
  const resolve: Resolve = async () => addressesOf(["127.0.0.1", "127.0.0.2"])
  const services = Object.entries(types).map(([type, scheme]) => [
    type,
    { type, url: `${scheme}://mixed.example:${port}/mcp`, network: held },
  ])
  const { fleet } = await openFleet(t, Object.fromEntries(services), { machine: openMachine({}, resolve) })
  await fleet.settled()
  assert.deepEqual(reached, [])
  for (const { message } of fleet.issues()) assert.doesNotMatch(message, /127\.0\.0/)
})

test("SSRF-05 no redirect is followed, whatever its status and wherever it leads", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.2"])
  const targets = [
    `http://127.0.0.2:${port}/`,
    "file:///etc/passwd",
    `gopher://127.0.0.2:${port}/`,
    "//127.0.0.2/",
  ]
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    const [, status = "302", target = "0"] = (request.url ?? "").split("/")
    response.writeHead(Number(status), { location: targets[Number(target)] }).end()
  })
  const near = await listen(t, server)
  const services: Record<string, object> = {}
  for (const [type, scheme] of Object.entries(types))
    for (const status of [301, 302, 303, 307, 308])
      for (const index of targets.keys())
        services[`${type}-${status}-${index}`] = {
          type,
          url: `${scheme}://127.0.0.1:${near}/${status}/${index}`,
          network: held,
        }
  const { fleet } = await openByHand(t, services, openMachine())
  await fleet.settled()
  const sink = openWebhookSink({
    url: `http://127.0.0.1:${near}/307/0`,
    secret: "a long and secret text",
    version: "1.0.0",
    now: Date.now,
  })
  t.after(() => sink.close())
  await assert.rejects(sink.send([], new AbortController().signal), /redirects \(307\)/)
  assert.ok(asked > Object.keys(services).length)
  assert.ok(fleet.status().every(({ state }) => state === "down"))
  assert.deepEqual(reached, [])
  tell(t, { id: "SSRF-05", redirects: asked, followed: reached.length })
})

test("SSRF-05 an old service that names an endpoint elsewhere is sent nothing there", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.2"])
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(`event: endpoint\ndata: http://127.0.0.2:${port}/post\n\n`)
  })
  const near = await listen(t, server)
  const services = { old: { type: "sse", url: `http://127.0.0.1:${near}/sse`, network: held } }
  const { fleet } = await openFleet(t, services, { machine: openMachine() })
  await fleet.settled()
  assert.match(
    fleet
      .issues()
      .map(({ message }) => message)
      .join(),
    /another origin/,
  )
  assert.deepEqual(reached, [])
})

test("SSRF-12 what a tool's schema refers to is not fetched", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1"])
  const inputSchema = { type: "object", properties: { a: { $ref: `http://127.0.0.1:${port}/schema.json` } } }
  const service = await startService({ tools: [{ name: "far", inputSchema, run: () => say("hello") }] })
  t.after(() => service.close())
  const { fleet } = await openFleet(t, { refers: { url: service.url } })
  await fleet.settled()
  assert.equal(fleet.status()[0]?.state, "up")
  assert.deepEqual(reached, [])
})

test("SSRF-01 with outbound.strict files that say nothing, and sinks, are held to public addresses too", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1"])
  const machine = openMachine({ outbound: { strict: "all", http: true } })
  const url = `http://127.0.0.1:${port}/mcp`
  const services = { silent: { url }, said: { url, network: { allow: ["10.0.0.0/8"], http: true } } }
  const { fleet } = await openFleet(
    t,
    { ...services, local: program("examples/hello-server/server.ts") },
    { machine },
  )
  await fleet.settled()
  assert.deepEqual(
    fleet.status().map(({ name, state }) => [name, state]),
    [
      ["local", "up"],
      ["said", "down"],
      ["silent", "down"],
    ],
  )
  const webhook = {
    secret: "a long and secret text",
    version: "1.0.0",
    now: Date.now,
    guard: machine.guardFor(undefined),
  }
  assert.throws(() => openWebhookSink({ ...webhook, url }), /not public/)
  const named = openMachine({ outbound: { strict: "all" } }, async () => addressesOf(["127.0.0.1"]))
  const sink = openWebhookSink({
    ...webhook,
    url: `https://sink.example:${port}/`,
    guard: named.guardFor(undefined),
  })
  t.after(() => sink.close())
  await assert.rejects(sink.send([], new AbortController().signal), /outbound\.strict/)
  assert.deepEqual(reached, [])
})

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
