/** A real writer in a folder of its own, and what it has left there. */

import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { TestContext } from "node:test"
import type { Entry, EntryDraft } from "../../../src/domain/audit/entry.ts"
import type { AuditHead } from "../../../src/domain/audit/log.ts"
import type { Verdict } from "../../../src/domain/audit/verdict.ts"
import { verifyFolder } from "../../../src/stores/sqlite/verification/verify-folder.ts"
import type { AuditWriterOptions } from "../../../src/stores/sqlite/writer-options.ts"
import { openAuditWriter, type AuditWriter } from "../../../src/stores/sqlite/writer.ts"

export const startMs = Date.UTC(2026, 0, 15, 12)

export type Kit = {
  readonly folder: string
  readonly keysFolder: string
  /** What `onTrouble` was told. */
  readonly troubles: (string | undefined)[]
  readonly heads: AuditHead[]
  open(given?: Partial<AuditWriterOptions>): Promise<AuditWriter>
  rows(query: string): readonly Record<string, unknown>[]
  entries(): readonly Entry[]
  verify(): Promise<Verdict>
}

export async function makeKit(t: TestContext): Promise<Kit> {
  const data = await mkdtemp(join(tmpdir(), "mcp-meta-writer-"))
  const writers: AuditWriter[] = []
  t.after(async () => {
    for (const writer of writers) await writer.close(startMs).catch(() => undefined)
    await rm(data, { recursive: true })
  })
  const places = { folder: join(data, "audit"), keysFolder: join(data, "keys") }
  const troubles: (string | undefined)[] = []
  const heads: AuditHead[] = []
  const rows = (query: string): readonly Record<string, unknown>[] => {
    using db = new DatabaseSync(join(places.folder, "log.db"), { readOnly: true })
    return db.prepare(query).all()
  }
  return {
    ...places,
    troubles,
    heads,
    rows,
    entries: () =>
      rows("SELECT body FROM entries ORDER BY id").map(({ body }) => JSON.parse(String(body)) as Entry),
    verify: () => verifyFolder(places),
    async open(given = {}) {
      const writer = await openAuditWriter({
        ...places,
        sync: "process",
        version: "1.2.3",
        now: Date.now,
        newId: randomUUID,
        onTrouble: (trouble) => troubles.push(trouble),
        onCheckpoint: (head) => heads.push(head),
        ...given,
      })
      writers.push(writer)
      return writer
    },
  }
}

export function start(callId: string, given: Partial<EntryDraft> = {}): EntryDraft {
  return {
    kind: "start",
    timeMs: startMs,
    callId,
    principalId: "p1",
    principal: "ann",
    keyId: "k1",
    service: "files",
    target: "files__read",
    targetKind: "tool",
    tags: ["io", "local"],
    ...given,
  }
}

export function end(callId: string, given: Partial<EntryDraft> = {}): EntryDraft {
  return {
    ...start(callId),
    kind: "end",
    outcome: "ok",
    durationMs: 12.5,
    computeMs: 10,
    costMicroUsd: 3,
    ...given,
  }
}

export const bytes = (text: string): readonly Buffer[] => [Buffer.from(text)]

/** Waits, within generous bounds, for what happens by itself. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + 60_000
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error(`it did not come to this: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
