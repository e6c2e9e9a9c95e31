import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import { after, test } from "node:test"
import { openAuditReader } from "../../src/stores/sqlite/reader.ts"
import { openAuditWriter } from "../../src/stores/sqlite/writer.ts"
import { root } from "../support/process.ts"

const folder = await mkdtemp(join(tmpdir(), "mcp-meta-verify-cli-"))
after(() => rm(folder, { recursive: true, force: true }))
const data = join(folder, "data")
const exported = join(folder, "export.jsonl")
const publicKey = join(data, "keys", "audit.pub")
const checkpoints = join(data, "audit", "checkpoints")
await writeLog()

/** A log of five entries, and an export of it. */
async function writeLog(): Promise<void> {
  const places = { folder: join(data, "audit"), keysFolder: join(data, "keys") }
  const writer = await openAuditWriter({
    ...places,
    sync: "process",
    version: "1",
    now: () => 1_000,
    newId: randomUUID,
    onTrouble: () => {},
    onCheckpoint: () => {},
  })
  for (const principal of ["ann", "bob", "cid"]) await writer.append({ kind: "session", timeMs: 1_000, principal })
  await writer.close(1_000)
  const reader = await openAuditReader(places)
  const { lines } = await reader.exportPage({ format: "jsonl" })
  await reader.close()
  await writeFile(exported, lines.map((line) => `${line}\n`).join(""))
}

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

async function verify(...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: "1" }
  const child = spawn(process.execPath, ["src/main.ts", "verify", ...args], { cwd: root, env })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  return { code: code as number | null, stdout, stderr }
}

test("a log that is whole is said to be, with what that does not prove", async () => {
  const { code, stdout } = await verify("--data", data)
  assert.equal(code, 0)
  assert.match(
    stdout,
    /^The audit log is whole\.\nVerified 5 entries in 1 stream, 2 checkpoints \([\d,]+ entries\/s\)\.\n/,
  )
  assert.match(stdout, /What this does not prove:\n {2}- What came after entry 5 /)
  assert.match(stdout, /The public key was found beside the log/)
})

test("an export is verified with the key and the checkpoints that were kept elsewhere", async () => {
  const { code, stdout } = await verify(
    "--file",
    exported,
    "--public-key",
    publicKey,
    "--checkpoints",
    checkpoints,
    "--json",
  )
  const { ok, entries, entriesPerSecond, cannotExclude } = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual([code, ok, entries], [0, true, 5])
  assert.ok(Number(entriesPerSecond) > 0)
  assert.doesNotMatch(JSON.stringify(cannotExclude), /found beside the log/)
})

test("damage exits with 1 and names the first bad entry, of a folder and of an export", async () => {
  const edited = join(folder, "edited.jsonl")
  await writeFile(edited, (await readFile(exported, "utf8")).replace("bob", "eve"))
  const ofFile = await verify("--file", edited)
  assert.equal(ofFile.code, 1)
  assert.match(
    ofFile.stdout,
    /^The audit log is NOT whole\.\naltered at entry 3 of stream \S+: The content of entry 3 /,
  )
  const db = new DatabaseSync(join(data, "audit", "log.db"))
  db.exec("UPDATE found_by SET principal = 'eve' WHERE id = 4")
  const ofFolder = await verify("--data", data, "--json")
  db.exec("UPDATE found_by SET principal = 'cid' WHERE id = 4")
  db.close()
  const { ok, damage } = JSON.parse(ofFolder.stdout) as { ok: boolean; damage: Record<string, unknown> }
  assert.deepEqual([ofFolder.code, ok, damage["kind"], damage["seq"]], [1, false, "altered_index", 4])
})

test("what cannot be verified exits with 2 and says why", async () => {
  const noKey = join(folder, "no-key")
  await writeFile(noKey, "no key\n")
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--data", join(folder, "nowhere")], /There is no audit log in /],
    [["--file", join(folder, "nowhere")], /nowhere cannot be read/],
    [["--file", noKey], /This is no export of an audit log/],
    [["--file", exported, "--data", data], /Give --data or --file, not both/],
    [["--data", data, "--public-key", noKey], /This is no public key of an audit log/],
    [["--data", data, "--checkpoints", noKey], /There is no checkpoint in what was given/],
  ]
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await verify(...args)
    assert.deepEqual([code, stdout], [2, ""])
    assert.match(stderr, said)
  }
})
