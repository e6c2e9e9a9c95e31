import assert from "node:assert/strict"
import { renameSync, statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import type { AuditWriter } from "../../../src/stores/sqlite/writer.ts"
import { makeKit, start, startMs, until } from "./writer-kit.ts"

const megabyte = 1024 * 1024
/** Each of some 8 KB. */
const batch = 500
const mostWalBytes = 192 * megabyte

/** While one batch is written the next one waits, as under sustained load. */
async function record(writer: AuditWriter, batches: number, seen: () => void): Promise<void> {
  for (let round = 0; round < batches; round += 1) {
    const drafts = Array.from({ length: batch }, (_, index) =>
      start(`c${round}-${index}`, { detail: { text: "x".repeat(8_000) } }),
    )
    await Promise.all(drafts.map((draft) => writer.append(draft)))
    seen()
  }
}

test("the WAL begins anew again and again while entries are recorded without a pause", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  let mostBytes = 0
  const batches = 80
  await record(writer, batches, () => {
    mostBytes = Math.max(mostBytes, statSync(join(kit.folder, "log.db-wal")).size)
  })
  assert.ok(mostBytes < mostWalBytes, `${mostBytes / megabyte} MB`)
  assert.ok(statSync(join(kit.folder, "log.db")).size > mostWalBytes, "More than that was copied.")
  assert.equal(kit.rows("SELECT count(*) AS count FROM entries WHERE seq > 1")[0]?.["count"], batches * batch)
  await writer.close(startMs)
  assert.deepEqual(kit.troubles, [])
  assert.equal(statSync(join(kit.folder, "log.db-wal"), { throwIfNoEntry: false }), undefined)
})

test("a log is closed, and whole, while its WAL is being copied", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await record(writer, 10, () => undefined)
  await writer.close(startMs)
  const verdict = await kit.verify()
  assert.ok(verdict.ok, JSON.stringify(verdict.damage))
  assert.equal(statSync(join(kit.folder, "log.db-wal"), { throwIfNoEntry: false }), undefined)
})

test("a file that has come in the place of the log's gets nothing of its WAL", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await record(writer, 10, () => undefined)
  const path = join(kit.folder, "log.db")
  renameSync(path, `${path}.moved`)
  {
    using other = new DatabaseSync(path)
    other.exec("CREATE TABLE others (id INTEGER)")
  }
  await assert.rejects(writer.append(start("after")), { code: "audit_unavailable" })
  await until("it is known", () => writer.trouble !== undefined)
  using other = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual(
    other
      .prepare("SELECT name FROM sqlite_schema")
      .all()
      .map(({ name }) => name),
    ["others"],
  )
})
