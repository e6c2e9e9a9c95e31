/** TLS of the door: renewed while calls go on, never older than 1.2, and for clients with a certificate where it is asked for. */
import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { test, type TestContext } from "node:test"
import { eventually } from "../journeys/eventually.ts"
import { knock } from "./knock.ts"
import { replaceCertificates } from "./reloads.ts"
import { serverCertificate, startTlsGateway, type TlsGateway, type TlsGatewayOptions } from "./tls-gateway.ts"

const limit = { timeout: 120_000 }
const reloads = 20

async function open(t: TestContext, options: TlsGatewayOptions = {}): Promise<TlsGateway> {
  const tls = await startTlsGateway(options)
  t.after(() => tls.stop())
  return tls
}

for (const args of [[], ["--workers", "2"]]) {
  test(
    `LIF a certificate is replaced ${reloads} times under load, and no call fails ${args.join(" ")}`,
    limit,
    async (t) => {
      const { figures, violations } = await replaceCertificates(args, reloads)
      t.diagnostic(JSON.stringify(figures))
      assert.deepEqual(violations, [])
    },
  )
}

test(
  "a pair that does not fit is told in the log, and the one before is served until it does",
  limit,
  async (t) => {
    const { gateway, authority, replace } = await open(t)
    const before = await knock(gateway.origin, { ca: authority.cert })
    const next = serverCertificate(authority)
    await replace("cert.pem", next.cert)
    await eventually("the log tells", () =>
      gateway.process.stderr().includes("what they held before is served on"),
    )
    await replace("key.pem", "-----BEGIN PRIVATE KEY-----\nno key\n-----END PRIVATE KEY-----\n")
    gateway.process.child.kill("SIGHUP")
    const meanwhile = await knock(gateway.origin, { ca: authority.cert })
    assert.deepEqual([meanwhile.status, meanwhile.fingerprint], [200, before.fingerprint])
    await replace("key.pem", next.key)
    gateway.process.child.kill("SIGHUP")
    const { fingerprint256 } = new X509Certificate(next.cert)
    const isNew = async (): Promise<boolean> =>
      (await knock(gateway.origin, { ca: authority.cert })).fingerprint === fingerprint256
    await eventually("the new pair is served", isNew)
    assert.ok(!gateway.process.stderr().includes("PRIVATE KEY"))
  },
)

test("TLS before 1.2, and ciphers that keep no secret for long, find no one to talk to", limit, async (t) => {
  const { gateway, authority } = await open(t)
  const statusOf = async (how: object): Promise<number | undefined> =>
    (await knock(gateway.origin, { ca: authority.cert, ...how })).status
  assert.equal(await statusOf({ maxVersion: "TLSv1.2" }), 200)
  assert.equal(
    await statusOf({ maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
    undefined,
  )
  const weak = "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:AES128-GCM-SHA256:AES256-SHA@SECLEVEL=0"
  assert.equal(await statusOf({ maxVersion: "TLSv1.2", ciphers: weak }), undefined)
})
