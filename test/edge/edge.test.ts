/** The HTTP edge of a gateway: of one process, of several, and over TLS. What is tried: the tables beside this file. */
import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test, type TestContext } from "node:test"
import type { Figures } from "../faults/figures.ts"
import { startService, type ScriptedService } from "../journeys/scripted-service.ts"
import { makeCertificate } from "../sinks/certificate.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent } from "../support/rest.ts"
import { checkCors, checkHeaders } from "./answer-headers.ts"
import { tryCredentials } from "./credentials.ts"
import { speakAllFramings } from "./framing.ts"
import { callWithoutGrants, canaryServices, canaryTool, makeCanaries, walkWithoutGrants } from "./no-grants.ts"
import { walkWithoutCredential } from "./open-routes.ts"
import { tryPeers } from "./peers.ts"
import type { Door } from "./raw.ts"

const limit = { timeout: 120_000 }
/** Of the probes of every route: all of them, and every so many. */
const all = 1
const some = 5
const settings = ["--allowed-hosts", "gateway.example", "--allowed-origins", "https://chat.example"]

let folder: string
let service: ScriptedService
const gateways: TestGateway[] = []
let one: Door, several: Door, secure: Door

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-meta-edge-"))
  const { cert, key } = makeCertificate("localhost", "127.0.0.1")
  await writeFile(join(folder, "cert.pem"), cert)
  await writeFile(join(folder, "key.pem"), key, { mode: 0o600 })
  service = await startService({ tools: [{ name: canaryTool }] })
  const tls = ["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")]
  one = await open("one process", [])
  several = await open("two workers", ["--workers", "2"])
  secure = await open("two workers over TLS", ["--workers", "2", ...tls], cert)
})

after(async () => {
  for (const gateway of gateways) await gateway.stop()
  await service?.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(name: string, args: readonly string[], ca?: string): Promise<Door> {
  const gateway = await startGateway({ services: canaryServices(service.url), args: [...settings, ...args] })
  gateways.push(gateway)
  return { name, origin: gateway.origin, key: gateway.key, ...(ca !== undefined && { ca }) }
}

async function holds(t: TestContext, ...suites: readonly Promise<Figures>[]): Promise<void> {
  const found = await Promise.all(suites)
  for (const { suite, figures } of found) t.diagnostic(JSON.stringify({ suite, ...figures }))
  assert.deepEqual(found.flatMap(({ violations }) => violations), []) // oxfmt-ignore
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
  for (const door of [one, several, secure]) await holds(t, tryPeers(door))
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
