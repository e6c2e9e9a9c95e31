/** AUTHN-15: a gateway that asks clients for certificates, and who gets in with which. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { connect } from "node:tls"
import { after, before, test } from "node:test"
import { eventually } from "../journeys/eventually.ts"
import { issueCertificate, type Certificate } from "../sinks/certificate.ts"
import { root } from "../support/process.ts"
import { knock } from "./knock.ts"
import { startTlsGateway, type TlsGateway } from "./tls-gateway.ts"

const limit = { timeout: 120_000 }
const names = "agent.example,spiffe://fleet.example/agent,192.0.2.7,agent one"

const clients = issueCertificate({ common: "authority of clients" })
const others = issueCertificate({ common: "authority of clients" })
const good = issueCertificate({ common: "anyone", names: ["agent.example"], by: clients })
const dayMs = 86_400_000

let one: TlsGateway
let several: TlsGateway

before(async () => {
  const asked = ["--tls-client-names", names]
  one = await startTlsGateway({ clientCa: clients.cert, args: asked })
  several = await startTlsGateway({ clientCa: clients.cert, args: [...asked, "--workers", "2"] })
})

after(async () => {
  await one?.stop()
  await several?.stop()
})

async function statusWith(
  shown: Certificate | undefined,
  tls: TlsGateway,
  lines: readonly string[] = [],
): Promise<number | undefined> {
  const { status } = await knock(tls.gateway.origin, { ca: tls.authority.cert, ...shown, lines })
  return status
}

const signed = (common: string, ...more: readonly string[]): Certificate =>
  issueCertificate({ common, names: more, by: clients })

test("AUTHN-15 a certificate of the authority with an allowed name is let in", limit, async () => {
  const let_in: readonly (readonly [string, Certificate])[] = [
    ["a host name", good],
    ["one of several", signed("x", "other.example", "agent.example")],
    ["a URI", signed("x", "spiffe://fleet.example/agent")],
    ["an address", signed("x", "192.0.2.7")],
    ["the common name", signed("agent one")],
  ]
  for (const tls of [one, several])
    for (const [what, shown] of let_in) assert.equal(await statusWith(shown, tls), 200, what)
})

test("AUTHN-15 every other one is refused before a request is read, whatever its headers say", limit, async () => {
  const refused: readonly (readonly [string, Certificate | undefined])[] = [
    ["none", undefined],
    ["of nobody", issueCertificate({ names: ["agent.example"] })],
    ["of an authority of the same name", issueCertificate({ names: ["agent.example"], by: others })],
    ["expired", issueCertificate({ names: ["agent.example"], by: clients, untilMs: -dayMs })],
    ["without a name", signed("x")],
    ["another name", signed("x", "other.example")],
    ["a longer name", signed("x", "agent.example.evil.example")],
    ["a wider name", signed("x", "*.example")],
    ["a name in another one", signed("x", "https://evil.example/, DNS:agent.example")],
    ["a name in that of a directory", signed("x", "CN=x, DNS:agent.example")],
    ["a name of a directory", signed("x", "CN=agent.example")],
    ["a common name that looks like a list", signed("x, CN=agent one")],
    [
      "signed by one that may not",
      issueCertificate({ names: ["agent.example"], by: signed("x", "other.example") }),
    ],
  ]
  const text = encodeURIComponent(good.cert)
  const claims = [
    `x-client-cert: ${text}`,
    `x-forwarded-client-cert: Cert="${text}"`,
    `ssl-client-verify: SUCCESS`,
    `x-ssl-client-s-dn: CN=agent one`,
  ]
  for (const tls of [one, several]) {
    for (const [what, shown] of refused) {
      assert.equal(await statusWith(shown, tls), undefined, what)
      assert.equal(await statusWith(shown, tls, claims), undefined, `${what}, with headers that claim more`)
    }
    assert.equal(await statusWith(good, tls), 200)
  }
})

test(
  "AUTHN-15 authorities are renewed: those before count no more, and open connections go on",
  limit,
  async () => {
    const next = issueCertificate({ common: "next authority of clients" })
    const later = issueCertificate({ names: ["agent.example"], by: next })
    for (const tls of [one, several]) {
      const { origin } = tls.gateway
      const first = await knock(origin, { ca: tls.authority.cert, ...good })
      const kept = await openConnection(origin, { ca: tls.authority.cert, ...good })
      await tls.replace("clients.pem", next.cert)
      await eventually("the next authority counts", async () => {
        const seen = await Promise.all([1, 2, 3, 4].map(() => statusWith(later, tls)))
        return seen.every((status) => status === 200)
      })
      for (const session of [undefined, first.session]) {
        const { status } = await knock(origin, { ca: tls.authority.cert, ...good, ...(session && { session }) })
        assert.equal(status, undefined, session ? "resumed" : "anew")
      }
      assert.match(await kept.ask(), /^HTTP\/1\.1 200 /)
      await tls.replace("clients.pem", "no certificate")
      await eventually("the log tells", () =>
        tls.gateway.process.stderr().includes("what they held before is served on"),
      )
      assert.equal(await statusWith(later, tls), 200)
      assert.equal(await statusWith(undefined, tls), undefined)
      await tls.replace("clients.pem", clients.cert)
      await eventually("the first authority counts again", async () => (await statusWith(good, tls)) === 200)
    }
  },
)

test("commands show the certificate that is set, and find no one without it", limit, async () => {
  const { gateway, authority, folder } = several
  const path = (name: string): string => join(folder, name)
  await writeFile(path("ca.pem"), authority.cert)
  await writeFile(path("agent.pem"), good.cert)
  await writeFile(path("agent.key"), good.key, { mode: 0o600 })
  const data = ["--data", join(gateway.folder, "data")]
  const shown = ["--cli-ca", path("ca.pem"), "--cli-cert", path("agent.pem"), "--cli-cert-key", path("agent.key")]
  assert.equal((await command("whoami", ...data, ...shown)).code, 0)
  const without = await command("whoami", ...data, "--cli-ca", path("ca.pem"))
  assert.equal(without.code, 3, without.stderr)
  assert.equal((await command("whoami", ...data)).code, 3)
  const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } }
  const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize })
  const joined = await command("stdio", ...data, ...shown, { input: `${line}\n` })
  assert.match(joined.stdout, /"serverInfo"/, joined.stderr)
})

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

async function command(...args: readonly (string | { readonly input: string })[]): Promise<Ran> {
  const input = args.find((one) => typeof one === "object")?.input ?? ""
  const child = spawn(process.execPath, [
    join(root, "bin/mcp-meta.mjs"),
    ...args.filter((one) => typeof one === "string"),
  ])
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, "exit")
  return { code: child.exitCode, stdout, stderr }
}

/** One that stays open between its requests. */
async function openConnection(origin: string, showing: object): Promise<{ ask(): Promise<string> }> {
  const { hostname: host, port } = new URL(origin)
  const socket = connect({ host, port: Number(port), servername: "localhost", ...showing })
  await once(socket, "secureConnect")
  return {
    ask: async () => {
      socket.write("GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
      return text(socket)
    },
  }
}
