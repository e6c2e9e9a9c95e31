import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { hashOf, toText } from "../../../src/domain/audit/chain.ts"
import { readCheckpoint, splitNotes } from "../../../src/domain/audit/checkpoint.ts"
import { readKeyHistory } from "../../../src/domain/audit/key-history.ts"
import { Frontier } from "../../../src/domain/audit/merkle.ts"
import { openNote } from "../../../src/domain/audit/signed-note.ts"
import { bytes, end, makeKit, start, startMs } from "./writer-kit.ts"

test("an entry is on record when its append resolves", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("c1"), { arguments: bytes('{"path":"/a"}') })
  const [opening, entry] = kit.entries()
  assert.deepEqual(opening?.detail, { version: "1.2.3" })
  assert.equal(entry?.callId, "c1")
  assert.equal(entry?.stream, writer.head().stream)
  assert.equal(writer.head().seq, 2)
  await writer.close(startMs)
  const [row] = kit.rows("SELECT time, kind, call, principal, service, target, outcome FROM found_by WHERE id = 2")
  assert.deepEqual(
    { ...row },
    {
      time: startMs,
      kind: "start",
      call: "c1",
      principal: "ann",
      service: "files",
      target: "files__read",
      outcome: null,
    },
  )
})

test("entries are chained, and checkpoints signed over all of them", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await Promise.all(Array.from({ length: 2_500 }, (_, index) => writer.append(start(`c${index}`))))
  await writer.close(startMs + 1)
  const keys = readKeyHistory(readFileSync(join(kit.keysFolder, "audit.pub"), "utf8"))
  const frontier = Frontier.empty()
  const roots = new Map<number, Buffer>()
  let head = ""
  for (const [index, { seq, hash, body }] of kit.rows("SELECT * FROM entries ORDER BY seq").entries()) {
    assert.equal(seq, index + 1)
    assert.equal(JSON.parse(String(body)).previous, head)
    assert.deepEqual(hashOf(String(body)), Buffer.from(hash as Uint8Array))
    frontier.add(hashOf(String(body)))
    head = toText(hashOf(String(body)))
    roots.set(index + 1, frontier.root())
  }
  const { notes, torn } = splitNotes(readFileSync(join(kit.folder, "checkpoints"), "utf8"))
  assert.equal(torn, false)
  assert.deepEqual(
    kit.rows("SELECT note FROM checkpoints ORDER BY size").map(({ note }) => note),
    notes,
  )
  const signed = notes.map((note) => {
    const opened = openNote(note, keys)
    assert.equal(opened.state, "signed")
    return readCheckpoint("text" in opened ? opened.text : "")
  })
  for (const { size, root } of signed) assert.deepEqual(root, roots.get(size))
  assert.deepEqual(
    signed.map(({ size, final }) => [size, final]),
    [
      [1, false],
      [1_001, false],
      [2_001, false],
      [2_502, true],
    ],
  )
  assert.equal((await kit.verify()).ok, true)
})

test("what has come is signed within a second or so, without more coming", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const signed = Promise.withResolvers<void>()
  const opened = kit.heads.length
  assert.equal(opened, 1)
  await writer.append(start("c1"))
  const look = setInterval(() => kit.heads.length > opened && signed.resolve(), 20)
  await signed.promise
  clearInterval(look)
  assert.equal(kit.heads.at(-1)?.checkpoint?.size, 2)
  assert.equal(writer.head().checkpoint?.size, 2)
})

test("10,000 entries of many callers have no gap, and each caller's stay in order", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const caller = async (name: number): Promise<void> => {
    for (let index = 0; index < 100; index += 1) await writer.append(start(`${name}.${index}`))
  }
  await Promise.all(Array.from({ length: 100 }, (_, name) => caller(name)))
  const entries = kit.entries().slice(1)
  assert.equal(entries.length, 10_000)
  entries.forEach(({ seq }, index) => assert.equal(seq, index + 2))
  for (let name = 0; name < 100; name += 1) {
    const own = entries.filter(({ callId }) => callId?.startsWith(`${name}.`))
    own.forEach(({ callId }, index) => assert.equal(callId, `${name}.${index}`))
  }
  assert.equal((await kit.verify()).ok, true)
})

test("equal payloads have equal digests, under the log's salt, however they were cut", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const reused = Buffer.from('{"a":1}')
  const first = writer.append(start("c1"), { arguments: [reused] })
  reused.fill(0)
  await first
  await writer.append(start("c2"), { arguments: [Buffer.from('{"a"'), Buffer.from(":1}")] })
  await writer.append(end("c2"), { result: bytes('{"a":2}') })
  const [, one, two, three] = kit.entries()
  const salt = readFileSync(join(kit.keysFolder, "audit.salt"))
  const digest = createHmac("sha256", salt).update('{"a":1}').digest("base64url")
  assert.deepEqual(one?.arguments, { bytes: 7, digest })
  assert.deepEqual(two?.arguments, one?.arguments)
  assert.notEqual(three?.result?.digest, digest)
})

test("a copy is kept where it is asked for, without secrets, and the entry holds its digest", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const keep = { maxBytes: 1_000, redact: ["note"] }
  await writer.append(start("c1"), {
    arguments: bytes('{"password":"hunter2","note":"n","path":"/a"}'),
    keep,
  })
  await writer.append(start("c2"), { arguments: bytes('{"path":"/b"}') })
  const copies = kit.rows("SELECT seq, body FROM copies")
  assert.deepEqual(
    copies.map(({ seq, body }) => [seq, JSON.parse(String(body))]),
    [[2, { arguments: { password: "[redacted]", note: "[redacted]", path: "/a" } }]],
  )
  assert.ok(kit.entries()[1]?.copy)
  assert.equal((await kit.verify()).ok, true)
})

test("a draft with texts that are too long or broken is made fit, and spoils nothing", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(
    start("c\ud800", {
      client: "x".repeat(5_000),
      durationMs: Number.NaN,
      computeMs: -1,
      tags: ["a\udc00"],
      detail: { text: "\ud800", zero: -0 },
      timeMs: startMs + 0.4,
    }),
  )
  const [, entry] = kit.entries()
  assert.equal(entry?.callId, "c\ufffd")
  assert.equal(entry?.client?.length, 1_024)
  assert.equal(entry?.durationMs, undefined)
  assert.equal(entry?.computeMs, 0)
  assert.deepEqual(entry?.tags, ["a\ufffd"])
  assert.deepEqual(entry?.detail, { text: "\ufffd", zero: 0 })
  assert.equal((await kit.verify()).ok, true)
})

test("a note is recorded without anyone waiting", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  writer.note({ kind: "service", timeMs: startMs, service: "files", detail: { state: "ready" } })
  await writer.append(start("c1"))
  assert.deepEqual(
    kit.entries().map(({ kind }) => kind),
    ["opening", "service", "start"],
  )
})

test("a stream that is closed names its successor's beginning, and both are whole", async (t) => {
  const kit = await makeKit(t)
  const first = await kit.open()
  await first.append(start("c1"))
  await Promise.all([first.close(startMs), first.close(startMs)])
  await assert.rejects(first.append(start("c2")), { code: "audit_unavailable" })
  await assert.rejects(first.rotateKey(startMs), { code: "audit_unavailable" })
  const second = await kit.open()
  const [, , closing, opening] = kit.entries()
  assert.equal(closing?.kind, "closing")
  assert.deepEqual(opening?.detail, {
    version: "1.2.3",
    previousStream: first.head().stream,
    previousSize: first.head().seq,
    previousHash: first.head().hash,
  })
  await second.close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("the files of the log and its keys are their owner's alone", async (t) => {
  const kit = await makeKit(t)
  await kit.open()
  const modes = [
    kit.folder,
    kit.keysFolder,
    ...["log.db", "log.db-wal", "checkpoints"].map((name) => join(kit.folder, name)),
    ...["audit.key", "audit.pub", "audit.salt"].map((name) => join(kit.keysFolder, name)),
  ].map((path) => statSync(path).mode & 0o777)
  assert.deepEqual(modes, [0o700, 0o700, 0o600, 0o600, 0o600, 0o600, 0o600, 0o600])
})

test("with a sync for each group, everything is as without", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ sync: "power" })
  await Promise.all(Array.from({ length: 300 }, (_, index) => writer.append(start(`c${index}`))))
  await writer.close(startMs)
  assert.equal(kit.entries().length, 302)
  assert.equal((await kit.verify()).ok, true)
})
