/** TLS of the door: renewed while calls go on, and never older than 1.2. For clients' certificates: client-certificates.test.ts. */
import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { test } from "node:test"
import { report } from "../faults/report.ts"
import { eventually } from "../journeys/eventually.ts"
import type { Certificate } from "../sinks/certificate.ts"
import type { TestGateway } from "../support/gateway.ts"
import { knock, type Showing } from "./knock.ts"
import { replaceCertificates } from "./reloads.ts"
import { serverCertificate, startTlsGateway, type TlsGateway } from "./tls-gateway.ts"

const limit = { timeout: 120_000 }
const reloads = 20

for (const args of [[], ["--workers", "2"]]) {
  const where = args.length > 0 ? "two workers" : "one process"
  test(
    `LIF-07 a certificate is replaced ${reloads} times under load, and no call fails: ${where}`,
    limit,
    async (t) => {
      await report(t, await replaceCertificates(args, reloads))
    },
  )
}

test("what TLS is served with", limit, async (t) => {
  const tls = await startTlsGateway({})
  t.after(() => tls.stop())
  await t.test("before 1.2, and with ciphers that keep no secret for long, there is no one to talk to", () =>
    tryOldTls(tls),
  )
  await t.test(
    "a pair that does not fit is told in the log and as an issue, and the one before is served until it does",
    () => breakPair(tls),
  )
})

async function tryOldTls({ gateway, authority }: TlsGateway): Promise<void> {
  const statusOf = async (how: Partial<Showing>): Promise<number | undefined> =>
    (await knock(gateway.origin, { ca: authority.cert, ...how })).status
  assert.equal(await statusOf({ maxVersion: "TLSv1.2" }), 200)
  assert.equal(
    await statusOf({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
    undefined,
  )
  const weak = "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:AES128-GCM-SHA256:AES256-SHA@SECLEVEL=0"
  assert.equal(await statusOf({ maxVersion: "TLSv1.2", ciphers: weak }), undefined)
}

async function issuesOf({ origin, key }: TestGateway, { cert: ca }: Certificate): Promise<string> {
  const lines = [`authorization: Bearer ${key}`]
  return (await knock(origin, { ca, lines, path: "/api/v1/issues" })).text
}

async function breakPair({ gateway, authority, replace }: TlsGateway): Promise<void> {
  const before = await knock(gateway.origin, { ca: authority.cert })
  const next = serverCertificate(authority)
  await replace("cert.pem", next.cert)
  await eventually("the log tells", () => gateway.process.stderr().includes("what they held before is served on"))
  await replace("key.pem", "-----BEGIN PRIVATE KEY-----\nno key\n-----END PRIVATE KEY-----\n")
  gateway.process.child.kill("SIGHUP")
  const meanwhile = await knock(gateway.origin, { ca: authority.cert })
  assert.deepEqual([meanwhile.status, meanwhile.fingerprint], [200, before.fingerprint])
  await eventually("it is an issue", async () => /tls\.cert and tls\.key/.test(await issuesOf(gateway, authority)))
  assert.ok(!(await issuesOf(gateway, authority)).includes("PRIVATE KEY"))
  await replace("key.pem", next.key)
  gateway.process.child.kill("SIGHUP")
  const { fingerprint256 } = new X509Certificate(next.cert)
  const isNew = async (): Promise<boolean> =>
    (await knock(gateway.origin, { ca: authority.cert })).fingerprint === fingerprint256
  await eventually("the new pair is served", isNew)
  await eventually("nothing is wrong", async () => /"issues":\[\]/.test(await issuesOf(gateway, authority)))
  assert.ok(!gateway.process.stderr().includes("PRIVATE KEY"))
}
