/** Secrets of every kind on their way through the gateway, and what its record, its exports and its log keep of them. */
import assert from "node:assert/strict"
import { readdir, readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { test } from "node:test"
import { startGateway } from "../support/gateway.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { openPeer } from "./peer.ts"
import { echo } from "./services.ts"

const limit = { timeout: 120_000 }

/** Each unlike any other text; what a scanner of secrets would look for. */
const canaries = {
  password: "correct-horse-canary-battery",
  githubToken: "ghp_CaNaRyCaNaRyCaNaRyCaNaRyCaNaRy012345",
  awsKey: "AKIACANARYCANARY0123",
  jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLW9mLXRoZS1jYW5hcnk",
  serviceSecret: "the-service-secret-canary-9f8e7d",
  environment: "environment-canary-5a4b3c2d",
  named: "value-under-a-name-of-the-service-file",
}
/** Where secrets are kept on purpose, by the operator or for them. */
const keptOnPurpose = /^(admin\.key|keys\/|secrets\/)/

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ]
}

test(
  "SEC-01 no canary stands in the log, its copies, its exports, its sinks or what the gateway says",
  limit,
  async (t) => {
    const gateway = await startGateway({
      services: {
        child: {
          ...echo,
          env: { OWN: "${secret:CANARY}", PLAIN: canaries.environment },
          audit: { redact: ["favourite"] },
        },
      },
      args: ["--audit-payloads", "redacted", "--audit-file-path", "entries.jsonl"],
      env: { MCP_META_SECRET_CANARY: canaries.serviceSecret },
    })
    t.after(() => gateway.stop())
    const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
    t.after(() => admin.close())
    await perform(admin, "create_principal", {
      name: "ann",
      kind: "human",
      password: canaries.password,
      grants: { tools: { allow: ["*"] } },
    })
    const { key } = (await perform(admin, "create_key", { principal: "ann" })) as { key: string }
    const ann = await openPeer(httpPipe(gateway.url, bearer(key)))
    t.after(() => ann.close())
    await ann.tool("child__echo", {
      nonce: 1,
      note: `use ${canaries.githubToken} and ${canaries.awsKey}, or https://me:${canaries.password}@example.com/`,
      nested: {
        deep: [{ authorization: `Bearer ${canaries.jwt}` }, JSON.stringify({ token: canaries.githubToken })],
      },
      favourite: canaries.named,
    })
    await ann.tool("child__environment")
    const basic = Buffer.from(`ann:${canaries.password}`).toString("base64")
    await fetch(new URL("/api/v1/whoami", gateway.origin), { headers: { authorization: `Basic ${basic}` } })
    await fetch(new URL("/api/v1/whoami", gateway.origin), { headers: { authorization: `Bearer ${key}x` } })
    await perform(admin, "audit_verify")
    const exported = await Promise.all(
      ["jsonl", "cef", "ocsf"].map((format) => perform(admin, "audit_export", { format })),
    )
    const said = gateway.process.stderr()
    await gateway.process.stop()

    const files = (await filesUnder(gateway.folder)).filter(
      (file) => !keptOnPurpose.test(relative(join(gateway.folder, "data"), file)),
    )
    assert.ok(files.some((file) => file.endsWith("log.db")))
    assert.ok(files.some((file) => file.endsWith("entries.jsonl")))
    const places = new Map([
      ["stderr", said.replaceAll(gateway.key, "")],
      ["exports", JSON.stringify(exported)],
    ])
    for (const file of files) places.set(relative(gateway.folder, file), (await readFile(file)).toString("latin1"))
    const hits = Object.entries({ ...canaries, key }).flatMap(([name, secret]) =>
      [...places]
        .filter(([, text]) => spellings(secret).some((spelt) => text.includes(spelt)))
        .map(([place]) => `${name} in ${place}`),
    )
    assert.deepEqual(hits, ["environment in servers.d/child.json"])
    assert.ok(
      [...places.values()].some((text) => text.includes("[redacted]")),
      "copies were kept at all",
    )
  },
)
