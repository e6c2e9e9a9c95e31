/** A data folder whose keys are not those that it was made with: the gateway does not start, and leaves all as it is. */
import assert from "node:assert/strict"
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { startGateway } from "../support/gateway.ts"
import { root } from "../support/process.ts"

const limit = { timeout: 120_000 }
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-meta-keys-"))
  const gateway = await startGateway()
  await gateway.process.stop()
  await cp(join(gateway.folder, "data"), join(folder, "data"), { recursive: true })
  await gateway.stop()
}, limit)

after(() => rm(folder, { recursive: true, force: true }))

const { privateKey } = generateKeyPairSync("ed25519")
const otherKey = privateKey.export({ type: "pkcs8", format: "pem" })

type Spoil = (keys: string) => Promise<void>

const wrong: Readonly<Record<string, readonly [file: RegExp, spoil: Spoil]>> = {
  "a sealing key that is cut": [/seal\.key/, (keys) => writeFile(join(keys, "seal.key"), randomBytes(31))],
  "the signing key of another log": [/audit\.(key|pub)/, (keys) => writeFile(join(keys, "audit.key"), otherKey)],
  "a signing key that is none": [/audit\.key/, (keys) => writeFile(join(keys, "audit.key"), "not a key")],
  "no signing key": [/audit\.key/, (keys) => rm(join(keys, "audit.key"))],
  "a salt that is cut": [/audit\.salt/, (keys) => writeFile(join(keys, "audit.salt"), randomBytes(31))],
}

for (const [name, [file, spoil]] of Object.entries(wrong)) {
  test(`SEC-07 with ${name} the gateway does not start, and overwrites nothing`, limit, async (t) => {
    const own = await mkdtemp(join(tmpdir(), "mcp-meta-keys-"))
    t.after(() => rm(own, { recursive: true, force: true }))
    await cp(folder, own, { recursive: true })
    await spoil(join(own, "data", "keys"))
    const before = await digestsOf(join(own, "data"))
    const { code, said } = await serve(own)
    assert.equal(code, 2, said)
    assert.match(said, file)
    assert.deepEqual(await digestsOf(join(own, "data")), before)
  })
}

async function serve(own: string): Promise<{ readonly code: number | null; readonly said: string }> {
  const folders = ["--data", join(own, "data"), "--servers", join(own, "servers.d")]
  const args = [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", ...folders]
  const child = spawn(process.execPath, args, { cwd: own, stdio: ["ignore", "pipe", "pipe"] })
  child.stdout.once("data", () => child.kill("SIGKILL"))
  const [said] = await Promise.all([text(child.stderr), once(child, "exit")])
  return { code: child.exitCode, said }
}

/** Of what must not change: keys, principals, the log and its checkpoints. */
async function digestsOf(data: string): Promise<Readonly<Record<string, string>>> {
  const files = (await readdir(data, { recursive: true })).filter((file) =>
    /keys\/|state\.json|audit\/|admin\.key/.test(file),
  )
  const digests = files.toSorted().map(async (file) => {
    const bytes = await readFile(join(data, file)).catch(() => Buffer.from("a folder"))
    return [file, createHash("sha256").update(bytes).digest("hex")] as const
  })
  return Object.fromEntries(await Promise.all(digests))
}
