import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { bodyOf, hashOf, toText } from "../../src/domain/audit/chain.ts"
import { entrySchema, type Entry } from "../../src/domain/audit/entry.ts"
import { readKeyHistory } from "../../src/domain/audit/key-history.ts"
import { openNote } from "../../src/domain/audit/signed-note.ts"
import { openSinks, type Sinks } from "../../src/sinks/sinks.ts"
import { openAuditReader } from "../../src/stores/sqlite/reader.ts"
import { openAuditWriter, type AuditWriter } from "../../src/stores/sqlite/writer.ts"
import { linesOf, until } from "./sinks-kit.ts"
import { receiver } from "./webhook-receiver.ts"

const secret = "a long and secret text"

type Running = { readonly writer: AuditWriter; stop(): Promise<void> }

async function run(t: TestContext, data: string, url: string): Promise<Running> {
  const places = { folder: join(data, "audit"), keysFolder: join(data, "keys") }
  let sinks: Sinks | undefined
  const writer = await openAuditWriter({
    ...places,
    sync: "process",
    version: "1.2.3",
    now: Date.now,
    newId: randomUUID,
    onTrouble: () => undefined,
    onCheckpoint: ({ checkpoint }) => {
      sinks?.wake()
      if (checkpoint) sinks?.onCheckpoint(checkpoint.note)
    },
  })
  const reader = await openAuditReader(places)
  sinks = openSinks({
    sinks: { file: { path: join(data, "audit.jsonl"), format: "jsonl" }, webhook: { url, secret } },
    entries: { after: (id, limit) => reader.entriesAfter(id, limit) },
    folder: places.folder,
    version: "1.2.3",
    now: Date.now,
    onTrouble: () => undefined,
  })
  const opened = sinks
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= opened
      .close()
      .then(() => reader.close())
      .then(() => writer.close(Date.now()))
    return stopped
  }
  t.after(stop)
  return { writer, stop }
}

type Line = { readonly type: string; readonly hash?: string; readonly body?: unknown; readonly note?: string }

function entriesIn(
  lines: readonly string[],
): readonly { readonly entry: Entry; readonly hash: string | undefined }[] {
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ type }) => type === "entry")
    .map(({ body, hash }) => ({ entry: entrySchema.parse(body), hash }))
}

test("the log arrives whole, over a restart, as the very chain that it is", async (t) => {
  const data = await mkdtemp(join(tmpdir(), "sinks-log-"))
  t.after(() => rm(data, { recursive: true }))
  const { url, posts } = await receiver(t)
  const read = async () => entriesIn(linesOf(await readFile(join(data, "audit.jsonl"), "utf8").catch(() => "")))
  const posted = () => entriesIn(posts.flatMap(({ body }) => linesOf(body)))
  for (const total of [1_001, 2_003]) {
    const { writer, stop } = await run(t, data, url)
    const drafts = Array.from({ length: 1_000 }, (_, index) => ({
      kind: "list" as const,
      timeMs: Date.now(),
      target: `täg "${index}"\n`,
    }))
    await Promise.all(drafts.map((draft) => writer.append(draft)))
    await until(async () => (await read()).length === total && posted().length === total)
    await stop()
  }
  for (const entries of [await read(), posted()]) {
    for (const [index, { entry, hash }] of entries.entries()) {
      assert.equal(toText(hashOf(bodyOf(entry))), hash)
      if (entry.seq > 1) assert.equal(entry.previous, entries[index - 1]?.hash)
    }
  }
  const keys = readKeyHistory(await readFile(join(data, "keys", "audit.pub"), "utf8"))
  const notes = posts
    .flatMap(({ body }) => linesOf(body))
    .map((line) => JSON.parse(line) as Line)
    .flatMap(({ note }) => note ?? [])
  assert.ok(notes.length > 0)
  for (const note of notes) assert.equal(openNote(note, keys).state, "signed")
})
