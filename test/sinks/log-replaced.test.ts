import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { openSinks, type Sinks } from "../../src/sinks/sinks.ts"
import { openAuditReader } from "../../src/stores/sqlite/reader.ts"
import { end, makeKit, start, startMs } from "../stores/sqlite/writer-kit.ts"
import { Entries, keysOf, linesOf, until } from "./sinks-kit.ts"

test("a log that an older one has taken the place of is sent with all that came after", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const older = readFileSync(join(kit.folder, "log.db"))
  let sinks: Sinks | undefined
  const writer = await kit.open({ onCheckpoint: () => sinks?.wake() })
  const reader = await openAuditReader(kit)
  t.after(() => reader.close())
  const path = join(kit.folder, "copy.jsonl")
  const sent = async () => {
    const text = await readFile(path, "utf8").catch(() => "")
    return new Set(keysOf(linesOf(text.slice(0, text.lastIndexOf("\n") + 1)))) // the last line may be on its way
  }
  const logged = () => kit.entries().map(({ stream, seq }) => `${stream}/${seq}`)
  const opened = openSinks({
    sinks: { file: { path, format: "jsonl" } },
    entries: { after: (id, limit) => reader.entriesAfter(id, limit) },
    folder: kit.folder,
    version: "1.2.3",
    now: Date.now,
    onTrouble: () => undefined,
  })
  sinks = opened
  t.after(() => opened.close())
  await Promise.all(Array.from({ length: 30 }, (_, index) => writer.append(start(`c${index}`))))
  await until(async () => (await sent()).size === logged().length)
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(kit.folder, `log.db${suffix}`))
  writeFileSync(join(kit.folder, "log.db"), older, { mode: 0o600 })
  await assert.rejects(writer.append(end("c1")), { code: "audit_unavailable" })
  await until(() => kit.troubles.length === 2)
  await Promise.all(Array.from({ length: 60 }, (_, index) => writer.append(start(`d${index}`))))
  await until(async () => {
    const keys = await sent()
    return logged().every((key) => keys.has(key))
  }, "all of the log is sent")
  assert.ok((await reader.page({ callId: "d59" }, { limit: 1 })).items.length === 1)
})

test("a log that becomes shorter than what was sent, and longer again, is sent from its beginning", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  const first = new Entries("a")
  first.add(20)
  let entries = first
  const path = join(kit.folder, "copy.jsonl")
  const messages: (string | undefined)[] = []
  const sinks = openSinks({
    sinks: { file: { path, format: "jsonl" } },
    entries: { after: (id, limit) => entries.after(id, limit) },
    folder: kit.folder,
    version: "1.2.3",
    now: () => 0,
    onTrouble: (_sink, message) => messages.push(message),
  })
  t.after(() => sinks.close())
  const sent = async () => keysOf(linesOf(await readFile(path, "utf8").catch(() => "")))
  await until(async () => (await sent()).length === 20)
  entries = new Entries("b")
  entries.add(30)
  sinks.wake()
  await until(async () => (await sent()).length === 50)
  assert.deepEqual(await sent(), [...first.keys, ...entries.keys])
  assert.match(messages[0] ?? "", /another one/)
})
