import assert from "node:assert/strict"
import { createPrivateKey, generateKeyPairSync } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { addRotation, readKeyHistory } from "../../../src/domain/audit/key-history.ts"
import { openNote, signerOf } from "../../../src/domain/audit/signed-note.ts"
import { GatewayError } from "../../../src/errors.ts"
import { openAuditKeys } from "../../../src/stores/sqlite/keys/keys.ts"
import { makeKit, start, startMs, until, type Kit } from "./writer-kit.ts"

const at = (kit: Kit, name: string): string => join(kit.keysFolder, name)
const history = (kit: Kit): ReturnType<typeof readKeyHistory> =>
  readKeyHistory(readFileSync(at(kit, "audit.pub"), "utf8"))

test("the keys are made once and stay", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const before = readdirSync(kit.keysFolder).map((name) => [name, readFileSync(at(kit, name), "utf8")])
  await (await kit.open()).close(startMs)
  assert.deepEqual(
    readdirSync(kit.keysFolder).map((name) => [name, readFileSync(at(kit, name), "utf8")]),
    before,
  )
  assert.deepEqual(
    before.map(([name]) => name),
    ["audit.key", "audit.pub", "audit.salt"],
  )
  assert.match(history(kit)[0].name, /^mcp-meta-[0-9a-f]{12}$/)
})

test("a key that others can read is refused, and so is one that is none", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  for (const name of ["audit.key", "audit.salt", "audit.pub"]) {
    chmodSync(at(kit, name), 0o640)
    await assert.rejects(kit.open(), { code: "invalid", message: new RegExp(`keys/${name}.*chmod 600`) })
    chmodSync(at(kit, name), 0o600)
  }
  for (const [name, content] of [
    ["audit.key", "no key"],
    ["audit.salt", "short"],
    ["audit.pub", "no key"],
  ] as const) {
    const kept = readFileSync(at(kit, name))
    writeFileSync(at(kit, name), content)
    await assert.rejects(kit.open(), { code: "invalid" })
    writeFileSync(at(kit, name), kept)
  }
  await kit.open()
})

test("a key that is missing beside a log is never replaced", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  for (const name of ["audit.key", "audit.salt", "audit.pub"]) {
    renameSync(at(kit, name), at(kit, "aside"))
    await assert.rejects(kit.open(), { code: "invalid", message: new RegExp(`keys/${name}.*missing`) })
    assert.ok(!existsSync(at(kit, name)))
    renameSync(at(kit, "aside"), at(kit, name))
  }
})

test("a key of another log is refused", async (t) => {
  const [kit, other] = [await makeKit(t), await makeKit(t)]
  await (await kit.open()).close(startMs)
  await (await other.open()).close(startMs)
  writeFileSync(at(kit, "audit.key"), readFileSync(at(other, "audit.key")))
  await assert.rejects(kit.open(), { code: "invalid", message: /not the key that keys\/audit.pub ends with/ })
})

test("a first start that was interrupted is finished by the next", async (t) => {
  const kit = await makeKit(t)
  mkdirSync(kit.keysFolder, { recursive: true })
  await openAuditKeys({ folder: kit.keysFolder, log: "new" })
  rmSync(at(kit, "audit.pub"))
  await (await kit.open()).close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("a rotation is on record, and what the old key signed and what the new one signs both verify", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("a"))
  const [one, two] = await Promise.all([writer.rotateKey(startMs), writer.rotateKey(startMs + 1)])
  await writer.append(start("b"))
  await writer.close(startMs)
  const vkeys = history(kit).map(({ vkey }) => vkey)
  assert.deepEqual(vkeys.slice(1), [one.publicKey, two.publicKey])
  const rotations = kit.entries().filter(({ kind }) => kind === "rotation")
  assert.deepEqual(
    rotations.map(({ detail }) => detail?.["publicKey"]),
    vkeys.slice(1),
  )
  const signers = kit.rows("SELECT note FROM checkpoints ORDER BY size").map(({ note }) => {
    const opened = openNote(String(note), history(kit))
    return "verifier" in opened ? vkeys.indexOf(opened.verifier.vkey) : undefined
  })
  assert.deepEqual(signers, [0, 0, 1, 2])
  assert.ok(!existsSync(at(kit, "audit.key.next")))
  assert.equal((await kit.verify()).ok, true)
  await (await kit.open()).close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("a rotation that was interrupted is finished where the new key is public, else undone", async (t) => {
  const kit = await makeKit(t)
  mkdirSync(kit.keysFolder, { recursive: true })
  const keys = await openAuditKeys({ folder: kit.keysFolder, log: "new" })
  const old = readFileSync(at(kit, "audit.key"), "utf8")
  await keys.drawNext(startMs)
  assert.equal((await openAuditKeys({ folder: kit.keysFolder, log: "there" })).pem, old)
  assert.ok(!existsSync(at(kit, "audit.key.next")))
  const next = await keys.drawNext(startMs)
  await keys.adopt(next)
  writeFileSync(at(kit, "audit.key.next"), readFileSync(at(kit, "audit.key")), { mode: 0o600 })
  writeFileSync(at(kit, "audit.key"), old)
  assert.equal((await openAuditKeys({ folder: kit.keysFolder, log: "there" })).pem, next.pem)
  assert.equal(readFileSync(at(kit, "audit.key"), "utf8"), next.pem)
})

test("a history that can hold no more keys refuses a rotation before anything is written", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const [first] = history(kit)
  const name = first.name
  let [text, pem] = [readFileSync(at(kit, "audit.pub"), "utf8"), readFileSync(at(kit, "audit.key"), "utf8")]
  const room = text.length + 1_000
  while (text.length < 1_000_000 - room) {
    const next = generateKeyPairSync("ed25519").privateKey
    const { vkey } = signerOf(name, next)
    text = addRotation(text, signerOf(name, createPrivateKey(pem)), { vkey, timeMs: startMs })
    pem = next.export({ type: "pkcs8", format: "pem" }).toString()
  }
  writeFileSync(at(kit, "audit.pub"), text)
  writeFileSync(at(kit, "audit.key"), pem)
  const writer = await kit.open()
  let refused: unknown
  for (let rotation = 0; rotation < 10 && refused === undefined; rotation += 1) {
    text = readFileSync(at(kit, "audit.pub"), "utf8")
    refused = await writer.rotateKey(startMs).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  }
  assert.ok(refused instanceof GatewayError && refused.code === "conflict")
  assert.equal(readFileSync(at(kit, "audit.pub"), "utf8"), text)
  assert.ok(!existsSync(at(kit, "audit.key.next")))
  await writer.append(start("a"))
  await writer.close(startMs)
  await (await kit.open()).close(startMs)
})

test("keys that are deleted under the gateway are warned of once, and once more when they are back", async (t) => {
  const kit = await makeKit(t)
  const warnings: (string | undefined)[] = []
  const writer = await kit.open({ onKeyWarning: (warning) => warnings.push(warning) })
  const aside = `${kit.keysFolder}-aside`
  renameSync(kit.keysFolder, aside)
  await writer.append(start("a"))
  await until("it is told", () => warnings.length === 1)
  assert.match(warnings[0] ?? "", /keys\/audit\.key, keys\/audit\.pub, keys\/audit\.salt .*restore/)
  assert.equal(writer.trouble, undefined)
  renameSync(aside, kit.keysFolder)
  await writer.append(start("b"))
  await until("they are back", () => warnings.length === 2)
  assert.equal(warnings[1], undefined)
})

test("a log that is damaged, of another program or of a later version is not opened and not replaced", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const path = join(kit.folder, "log.db")
  const whole = readFileSync(path)
  const damaged = Buffer.from(whole)
  damaged.fill(0xff, 0, 4_096)
  const later = Buffer.from(whole)
  later.writeUInt32BE(99, 60)
  for (const [content, message] of [
    [damaged, /audit\/log\.db in the data folder is damaged; restore it/],
    [Buffer.from("this is a text and no database, however long it may be".repeat(100)), /damaged/],
    [later, /format 99/],
  ] as const) {
    writeFileSync(path, content)
    await assert.rejects(kit.open(), { code: "invalid", message })
    assert.deepEqual(readFileSync(path), content)
  }
  writeFileSync(path, whole)
  await kit.open()
})
