/** The HTTP edge of a gateway: of one process, of several, and over TLS. What is tried: the tables beside this file. */
import assert from "node:assert/strict"
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test, type TestContext } from "node:test"
import type { Figures } from "../faults/figures.ts"
import { report } from "../faults/report.ts"
import { say, startService, type ScriptedService } from "../journeys/scripted-service.ts"
import { makeCertificate } from "../sinks/certificate.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"
import { checkCors, checkHeaders } from "./answer-headers.ts"
import { tryCredentials } from "./credentials.ts"
import { speakAllFramings } from "./framing.ts"
import { callWithoutGrants, canaryServices, canaryTool, makeCanaries, walkWithoutGrants } from "./no-grants.ts"
import { expectInCrowds, injected, injectInto, smuggleBehindUpgrades, speakInTheClear } from "./odd-connections.ts"
import { walkWithoutCredential } from "./open-routes.ts"
import { tryPeers } from "./peers.ts"
import { ask, hostOf, type Door } from "./raw.ts"
import { pathFor, routePaths } from "./route-list.ts"

const limit = { timeout: 120_000 }
/** Of the probes of every route: all of them, and every so many. */
const all = 1
const some = 5
const settings = ["--allowed-hosts", "gateway.example", "--allowed-origins", "https://chat.example"]

let folder: string
let service: ScriptedService
let injecting: Awaited<ReturnType<typeof injectInto>>
const gateways: TestGateway[] = []
let one: Door, several: Door, secure: Door

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-meta-edge-"))
  const { cert, key } = makeCertificate("localhost", "127.0.0.1")
  await writeFile(join(folder, "cert.pem"), cert)
  await writeFile(join(folder, "key.pem"), key, { mode: 0o600 })
  service = await startService({ tools: [{ name: canaryTool, run: () => say("a\r\nx-injected: 1\r\n\r\nb") }] })
  injecting = await injectInto(service.url)
  const tls = ["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")]
  one = await open("one process", [])
  several = await open("two workers", ["--workers", "2", "--trusted-proxies", "127.0.0.1"])
  secure = await open("one process with TLS", tls, cert)
})

after(async () => {
  for (const gateway of gateways) await gateway.stop()
  injecting?.close()
  await service?.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(name: string, args: readonly string[], ca?: string): Promise<Door> {
  const gateway = await startGateway({ services: canaryServices(injecting.url), args: [...settings, ...args] })
  gateways.push(gateway)
  return { name, origin: gateway.origin, key: gateway.key, ...(ca !== undefined && { ca }) }
}

async function holds(t: TestContext, ...suites: readonly Promise<Figures>[]): Promise<void> {
  for (const found of await Promise.all(suites)) await report(t, found)
}

test(
  "AUTHN-01 no route answers without a credential, by any method or transport, but those that are public",
  limit,
  async (t) => {
    await holds(t, walkWithoutCredential(one, all))
    await holds(t, walkWithoutCredential(several, some))
    await holds(t, walkWithoutCredential(secure, some))
  },
)

test(
  "AUTHN-01 with a credential of no grants nothing can be read, and what is there looks like what is not",
  limit,
  async (t) => {
    for (const door of [one, several]) {
      await makeCanaries(door)
      const key = await createAgent(door, "nobody", {})
      await holds(t, walkWithoutGrants(door, key, door === one ? all : some))
      await holds(t, callWithoutGrants(door, key))
    }
  },
)

test(
  "AUTHN-04 AUTHN-08 AUTHN-09 AUTHN-10 whatever is wrong with a credential, the refusal is the same",
  limit,
  async (t) => {
    for (const door of [one, several]) {
      const other = await createAgent(door, "other", {})
      await holds(t, tryCredentials(door, other))
    }
    for (const gateway of gateways) assert.ok(!gateway.process.stderr().includes(`?key=${gateway.key}`))
  },
)

test("HTTP-01 foreign hosts and origins are refused on every kind of route", limit, async (t) => {
  await holds(t, tryPeers(one, all))
  for (const door of [several, secure]) await holds(t, tryPeers(door, some))
})

test(
  "HTTP-06 what two readers could take for different requests is refused, and nothing behind it is answered",
  limit,
  async (t) => {
    for (const door of [one, several, secure]) await holds(t, speakAllFramings(door))
  },
)

test("HTTP-14 every answer has the headers that keep browsers from harm", limit, async (t) => {
  for (const door of [one, several, secure]) await holds(t, checkHeaders(door, `canary7service__${canaryTool}`))
})

test("HTTP-12 pages of an allowed origin may ask and read, and no others", limit, async (t) => {
  for (const door of [one, several, secure]) await holds(t, checkCors(door, `canary7service__${canaryTool}`))
})

test("AUTHN-16 a refusal is recorded as its peer's, or as that of whom a trusted proxy names", limit, async () => {
  assert.ok((await refusedSources(one)).every((source) => source === "127.0.0.1"))
  const sources = await refusedSources(several)
  assert.ok(sources.includes("198.51.100.4"), sources.join(" "))
  assert.ok(!sources.includes("203.0.113.7"), sources.join(" "))
})

async function refusedSources(door: Door): Promise<readonly string[]> {
  const said = [
    "x-forwarded-for: 203.0.113.7",
    "x-forwarded-for: 198.51.100.4",
    "x-real-ip: 203.0.113.7",
    "forwarded: for=203.0.113.7",
  ]
  await ask(door, "GET /api/v1/me", [`host: ${hostOf(door)}`, ...said, "x-api-key: wrong"])
  const { body } = await rest(door, "GET", "/audit/entries?kind=refusal&limit=1000")
  const { entries } = body as { readonly entries: readonly { readonly source?: string }[] }
  return entries.flatMap(({ source }) => source ?? [])
}

test("AUTHN-19 what is said at the workers' own socket is refused, whatever it is", limit, async (t) => {
  const path = join(gateways[1]?.folder ?? "", "data/workers.sock")
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const door = { ...several, socketPath: path }
  const lines = [`host: ${hostOf(several)}`, `authorization: Bearer ${several.key}`]
  const paths = routePaths.map((route) => pathFor(route, "hello"))
  for (const request of paths.flatMap((target) => [`GET ${target}`, `POST ${target}`])) {
    for (const claim of [[], ["mcp-meta-worker: x 192.0.2.1"], ["mcp-meta-worker:"]]) {
      const { status } = await ask(door, request, [...lines, ...claim])
      assert.equal(status, 403, request)
    }
  }
  t.diagnostic(JSON.stringify({ probes: 6 * paths.length }))
})

test(
  "HTTP-10 what a service says in its headers and texts stays out of the head of an answer",
  limit,
  async () => {
    const name = `canary7service__${canaryTool}`
    for (const door of [one, several]) {
      const lines = [
        `host: ${hostOf(door)}`,
        `authorization: Bearer ${door.key}`,
        "content-type: application/json",
      ]
      const answer = await ask(door, `POST /api/v1/tools/${name}/invoke`, lines, "{}")
      assert.equal(answer.status, 200)
      assert.match(answer.body, /x-injected/)
      assert.deepEqual(
        Object.keys(answer.headers).filter((header) => injected.includes(header)),
        [],
      )
    }
  },
)

test("HTTP-11 what comes behind an upgrade that is refused is nobody's request", limit, async (t) => {
  for (const door of [one, several, secure]) await holds(t, smuggleBehindUpgrades(door))
})

test("HTTP-15 a crowd that expects leave to send is refused at once, and others are served", limit, async (t) => {
  for (const door of [one, several]) {
    await holds(t, expectInCrowds(door))
    assert.equal((await ask(door, "GET /health", [`host: ${hostOf(door)}`])).status, 200)
  }
})

test("a door with TLS says nothing in the clear", limit, async () => {
  assert.equal(await speakInTheClear(secure), "")
})
