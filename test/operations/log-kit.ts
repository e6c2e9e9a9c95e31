/** A real audit log, as operations see it, in a folder that goes when the test ends. */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { AuditLog, EntryRecorder } from "../../src/domain/audit/log.ts"
import type { Usage } from "../../src/domain/usage.ts"
import { openAuditReader } from "../../src/stores/sqlite/reader.ts"
import { openAuditWriter } from "../../src/stores/sqlite/writer.ts"

type Log = {
  readonly recorder: EntryRecorder
  readonly audit: AuditLog
  readonly usage: Usage
  /** Where log.db is. */
  readonly logFolder: string
}

export async function openLog(t: Pick<TestContext, "after">, now: () => number): Promise<Log> {
  const data = await mkdtemp(join(tmpdir(), "mcp-meta-log-"))
  const folders = { folder: join(data, "audit"), keysFolder: join(data, "keys") }
  const writer = await openAuditWriter({
    ...folders,
    sync: "process",
    version: "1.0.0",
    now,
    newId: () => "test",
    onTrouble: () => undefined,
    onCheckpoint: () => undefined,
  })
  const reader = await openAuditReader(folders)
  t.after(async () => {
    await reader.close()
    await writer.close(now())
    await rm(data, { recursive: true, force: true })
  })
  const audit: AuditLog = {
    head: () => writer.head(),
    page: reader.page,
    verify: reader.verify,
    exportPage: reader.exportPage,
    rotateKey: (nowMs) => writer.rotateKey(nowMs),
    erase: (filter, nowMs) => writer.erase(filter, nowMs),
  }
  return { recorder: writer, audit, usage: reader, logFolder: folders.folder }
}
