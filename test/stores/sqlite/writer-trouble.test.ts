import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { openAuditReader } from "../../../src/stores/sqlite/reader.ts"
import { bytes, end, makeKit, start, startMs, until, type Kit } from "./writer-kit.ts"

/** Another connection that keeps every writer out. */
function lock(kit: Kit): Disposable {
  const db = new DatabaseSync(join(kit.folder, "log.db"))
  db.exec("BEGIN EXCLUSIVE")
  return { [Symbol.dispose]: () => db.close() }
}

const unavailable = { code: "audit_unavailable", message: /locked audit\/log\.db/, retryAfterMs: 1_000 }

test("while another program has locked the log, calls are refused; after that it goes on and tells the gap", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("open"))
  {
    using _ = lock(kit)
    const waiting = ["a", "b"].map((callId) => writer.append(start(callId)))
    for (const append of waiting) await assert.rejects(append, unavailable)
    await assert.rejects(writer.append(end("open")), unavailable)
    writer.note({ kind: "service", timeMs: startMs })
    assert.match(writer.trouble ?? "", /locked/)
    assert.match(writer.head().trouble ?? "", /locked/)
    await assert.rejects(writer.erase({}, startMs), unavailable)
    // Long enough for some attempts to fail.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
  }
  await until("it is written again", () => writer.trouble === undefined)
  await writer.append(start("after"))
  assert.equal(kit.troubles.length, 2)
  assert.equal(kit.troubles[1], undefined)
  const [, , gap, ended, after] = kit.entries()
  assert.equal(gap?.kind, "gap")
  const { fromMs, toMs, reason, ...counts } = gap?.detail ?? {}
  assert.deepEqual(counts, { start: 2, end: 1, service: 1, notRecorded: 4 })
  assert.ok(Number(fromMs) <= Number(toMs))
  assert.match(String(reason), /locked/)
  assert.deepEqual(
    [ended?.kind, ended?.callId, ended?.outcome, ended?.principal],
    ["end", "open", "audit_unavailable", "ann"],
  )
  assert.equal(after?.callId, "after")
  await writer.close(startMs)
  assert.deepEqual(
    kit.rows("SELECT name FROM streams").map(({ name }) => name),
    [writer.head().stream],
  )
  assert.equal((await kit.verify()).ok, true)
})

test("a thread that is lost is replaced, and the stream goes on", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ failpoint: "audit.lost@2=exit" })
  await writer.append(start("a"))
  await assert.rejects(writer.append(start("b")), { code: "audit_unavailable", message: /ended/ })
  await until("there is another thread", () => writer.trouble === undefined)
  await writer.append(end("a"))
  await writer.close(startMs)
  assert.deepEqual(
    kit.entries().map(({ kind, callId }) => [kind, callId]),
    [
      ["opening", undefined],
      ["start", "a"],
      ["gap", undefined],
      ["end", "a"],
      ["closing", undefined],
    ],
  )
  const [usage] = kit.rows("SELECT sum(started) AS started, sum(calls) AS calls FROM usage WHERE grain = 'day'")
  assert.deepEqual({ ...usage }, { started: 1, calls: 1 })
  assert.equal((await kit.verify()).ok, true)
})

for (const point of ["audit.write.after", "audit.sync.before"]) {
  test(`a group that a lost thread left undone at ${point} is not on record`, async (t) => {
    const kit = await makeKit(t)
    const writer = await kit.open({ failpoint: `${point}@1=exit` })
    await assert.rejects(writer.append(start("a")), { code: "audit_unavailable" })
    await until("there is another thread", () => writer.trouble === undefined)
    assert.deepEqual(
      kit.entries().map(({ kind }) => kind),
      ["opening", "gap"],
    )
    assert.equal((await kit.verify()).ok, true)
  })
}

test("a start that is on record but was refused for a lost answer is ended", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ failpoint: "audit.sync.after@1=exit" })
  await assert.rejects(writer.append(start("a"), { arguments: bytes("12345") }), { code: "audit_unavailable" })
  await until("there is another thread", () => writer.trouble === undefined)
  const [, , gap, ended] = kit.entries()
  assert.equal(gap?.kind, "gap")
  assert.deepEqual([ended?.callId, ended?.outcome], ["a", "audit_unavailable"])
  assert.deepEqual(ended?.detail, { stream: writer.head().stream, seq: 2 })
  const [usage] = kit.rows("SELECT sum(bytes_in) AS bytes FROM usage WHERE grain = 'day' AND calls = 1")
  assert.equal(usage?.["bytes"], 5)
  assert.equal((await kit.verify()).ok, true)
})

test("what takes the thread too long is refused, and it recovers when that is done", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ timeoutMs: 20 })
  const slow = [Buffer.from(JSON.stringify("%74oken%3A".repeat(25_000)))]
  const keep = { maxBytes: 16_384, redact: [] }
  await assert.rejects(writer.append(start("slow"), { arguments: slow, result: slow, keep }), {
    code: "audit_unavailable",
    message: /does not answer in time/,
  })
  await until("it is written again", () => writer.trouble === undefined)
  const [, begun, gap, ended] = kit.entries()
  assert.deepEqual([begun?.callId, gap?.kind, ended?.callId], ["slow", "gap", "slow"])
  assert.equal(ended?.outcome, "audit_unavailable")
  assert.equal((await kit.verify()).ok, true)
})

test("more than may wait is refused at once, and told of later", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ timeoutMs: 60_000 })
  const appends = Array.from({ length: 65_537 }, (_, index) => writer.append(start(`c${index}`)))
  await assert.rejects(appends[65_536] ?? Promise.resolve(), { message: /too much waits/ })
  await Promise.all(appends.slice(0, -1))
  assert.equal(writer.trouble, undefined)
  await until(
    "the gap is told",
    () => kit.rows("SELECT 1 FROM entries WHERE body ->> '$.kind' = 'gap'").length === 1,
  )
  const gap = kit.entries().find(({ kind }) => kind === "gap")
  assert.equal(gap?.detail?.["notRecorded"], 1)
  const huge = Buffer.alloc(256 * 1024 * 1024)
  await assert.rejects(writer.append(start("huge"), { result: [huge] }), { message: /too much waits/ })
})

test("a log that has lost what was acknowledged begins a new stream that says so", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ failpoint: "audit.lost@4=exit" })
  for (const callId of ["a", "b", "c"]) await writer.append(start(callId))
  const before = writer.head()
  using db = new DatabaseSync(join(kit.folder, "log.db"))
  db.exec("DELETE FROM entries WHERE seq = 4")
  await assert.rejects(writer.append(start("d")), { code: "audit_unavailable" })
  await until("there is another thread", () => writer.trouble === undefined)
  await writer.append(start("e"))
  const opening = kit.entries().findLast(({ kind }) => kind === "opening")
  assert.equal(before.seq, 4)
  const { previousSize, lost, lostStream } = opening?.detail ?? {}
  assert.deepEqual([previousSize, lost, lostStream], [3, 1, before.stream])
  assert.notEqual(writer.head().stream, before.stream)
  await writer.close(startMs)
})

test("a log that is in trouble at its end is finished by the next start", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("a"))
  {
    using _ = lock(kit)
    await assert.rejects(writer.append(start("b")), unavailable)
    await assert.rejects(writer.close(startMs), { code: "audit_unavailable" })
  }
  const next = await kit.open()
  await next.close(startMs)
  assert.ok(kit.entries().some(({ callId, outcome }) => callId === "a" && outcome === "unknown_after_crash"))
  assert.equal((await kit.verify()).ok, true)
})

test("a log that is locked at its start is waited for", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const held = lock(kit)
  setTimeout(() => held[Symbol.dispose](), 300)
  const writer = await kit.open()
  await writer.append(start("a"))
})

test("a log that stays locked is not opened", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  using _ = lock(kit)
  await assert.rejects(kit.open({ timeoutMs: 50 }), { code: "invalid", message: /locked audit\/log\.db/ })
})

const movedAway = { code: "audit_unavailable", message: /moved, replaced or deleted/ }

test("a log that is moved away under the gateway is noticed, and a new one says what it lacks", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const { stream } = writer.head()
  for (const name of ["log.db", "log.db-wal", "log.db-shm"]) rmSync(join(kit.folder, name))
  await assert.rejects(writer.append(start("a")), movedAway)
  await until("it is over", () => kit.troubles.length === 2)
  const [opening] = kit.entries()
  assert.deepEqual(opening?.detail, { version: "1.2.3", lost: 1, lostStream: stream })
  const { ok, cannotExclude } = await kit.verify()
  assert.ok(!ok || cannotExclude.some((text) => text.includes(stream)))
})

test("a WAL that is deleted under the gateway takes nothing with it that was on record", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const reader = await openAuditReader(kit)
  t.after(() => reader.close())
  await writer.append(start("a"))
  rmSync(join(kit.folder, "log.db-wal"))
  await assert.rejects(writer.append(start("b")), movedAway)
  await until("it is over", () => kit.troubles.length === 2)
  await writer.append(start("c"))
  assert.deepEqual(
    kit.entries().map(({ callId, kind }) => callId ?? kind),
    ["opening", "a", "gap", "c"],
  )
  assert.equal((await reader.page({ kind: "start" }, { limit: 5 })).items.length, 2)
  await writer.close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("a log that is moved away is not closed as if it were there", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("a"))
  for (const name of ["log.db", "log.db-wal", "log.db-shm"]) rmSync(join(kit.folder, name))
  await assert.rejects(writer.close(startMs), movedAway)
})

test("two processes in one folder do not spoil the log", async (t) => {
  const kit = await makeKit(t)
  const [one, two] = [await kit.open(), await kit.open()]
  await assert.rejects(one.append(start("a")), { code: "audit_unavailable", message: /only one gateway/ })
  // Where the first one has recovered by now, it has ended the other's stream.
  await two.close(startMs).catch(() => undefined)
  await until("the other one can go on", () => one.trouble === undefined)
  await one.append(start("b"))
  await one.close(startMs)
  const { ok, damage } = await kit.verify()
  assert.ok(ok, JSON.stringify(damage))
})
