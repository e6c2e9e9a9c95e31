/** RES-03: who stops reading is cut off after a while, whatever carries the answer, and what waited for it is let go. */

import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { after, before, test } from "node:test"
import { request, type IncomingMessage } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { startLargeService, type LargeService } from "../../journeys/large-service.ts"
import { listNames, modernRevision, openPeer } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { makeCertificate } from "../../sinks/certificate.ts"
import { descriptorsOf, residentMb } from "./process-facts.ts"
import { ways } from "./still-readers.ts"

const limit = { timeout: 120_000 }
const mib = 1_048_576
const stallMs = 1_000
const large = { mib: 24 }

let service: LargeService
let gateway: TestGateway

before(async () => {
  service = await startLargeService("modern", function* ({ mib: size }) {
    yield '{"resultType":"complete","content":[{"type":"text","text":"'
    for (let at = 0; at < Number(size); at++) yield "x".repeat(mib)
    yield '"}]}}'
  })
  gateway = await open(["--limits-stall-ms", String(stallMs)])
}, limit)

after(async () => {
  await gateway?.stop()
  await service?.close()
})

async function open(args: readonly string[]): Promise<TestGateway> {
  const opened = await startGateway({ services: { large: { url: service.url, timeoutMs: 60_000 } }, args })
  const peer = await openPeer(httpPipe(opened.url, bearer(opened.key)))
  await eventually("all is listed", async () => (await listNames(peer)).includes("large__get"))
  await peer.close()
  return opened
}

async function cutOf({ origin }: TestGateway): Promise<number> {
  const said = (await (await fetch(`${origin}/readiness`)).json()) as { load?: { shed: { slowReaders: number } } }
  return said.load?.shed.slowReaders ?? 0
}

for (const [name, still] of Object.entries(ways)) {
  test(`RES-03 a client that stops reading is cut off, and its memory comes back: ${name}`, limit, async (t) => {
    const pid = gateway.process.child.pid ?? 0
    const [cut, descriptors] = [await cutOf(gateway), descriptorsOf(pid)]
    const end = await still(gateway, large)
    t.after(end)
    const tookMs = await eventually("it is cut off", async () => (await cutOf(gateway)) > cut, 30_000)
    await eventually("its descriptors are closed", () => descriptorsOf(pid) <= descriptors + 1, 10_000)
    t.diagnostic(`cut after ${tookMs} ms, RSS ${Math.round(residentMb(pid))} MB`)
    assert.ok(tookMs >= stallMs * 0.9, `it was cut after ${tookMs} ms`)
  })
}

test("RES-03 the same over TLS", limit, async (t) => {
  const certificate = makeCertificate("127.0.0.1", "localhost")
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-tls-"))
  t.after(() => rm(folder, { recursive: true }))
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")]
  await Promise.all([writeFile(cert, certificate.cert), writeFile(key, certificate.key, { mode: 0o600 })])
  const before = getCACertificates()
  setDefaultCACertificates([...before, certificate.cert])
  t.after(() => setDefaultCACertificates(before))
  const safe = await open(["--limits-stall-ms", String(stallMs), "--tls-cert", cert, "--tls-key", key])
  t.after(() => safe.stop())
  assert.match(safe.origin, /^https:/)
  t.after(await ways["events, modern"]?.(safe, large))
  await eventually("it is cut off", async () => (await cutOf(safe)) === 1, 30_000)
})

for (const accept of ["application/json, text/event-stream", "text/event-stream, application/json"]) {
  test(`RES-03 a client that reads slowly but steadily gets all of it: ${accept}`, limit, async () => {
    const cut = await cutOf(gateway)
    const answer = await ask(gateway, { mib: 24 }, accept)
    let bytes = 0
    for await (const chunk of answer.setEncoding("latin1")) {
      bytes += (chunk as string).length
      await sleep(8)
    }
    assert.ok(bytes > 24 * mib, `${bytes} came`)
    assert.equal(await cutOf(gateway), cut)
  })
}

test(
  "RES-03 of those that stand still the largest goes first where all together have too much",
  limit,
  async (t) => {
    const args = ["--limits-stall-ms", "60000", "--limits-unread-bytes", String(30 * mib)]
    const small = await open(args)
    t.after(() => small.stop())
    const still = ways["WebSocket"]
    assert.ok(still)
    for (let at = 0; at < 3; at++) t.after(await still(small, large))
    await eventually("one of them is cut off", async () => (await cutOf(small)) >= 2, 30_000)
    await sleep(1_500)
    assert.equal(await cutOf(small), 2, "what is left is little enough")
  },
)

function ask({ origin, key }: TestGateway, given: object, accept: string): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept,
    "mcp-protocol-version": modernRevision,
    "mcp-method": "tools/call",
    "mcp-name": "large__get",
  }
  const meta = {
    "io.modelcontextprotocol/protocolVersion": modernRevision,
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  const params = { name: "large__get", arguments: given, _meta: meta }
  return new Promise((resolve, reject) => {
    const sending = request(`${origin}/mcp`, { method: "POST", headers }, resolve).on("error", reject)
    sending.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }))
  })
}
