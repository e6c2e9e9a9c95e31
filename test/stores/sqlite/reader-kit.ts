/** A data folder with a log that the real writer writes, on a clock of its own. */

import { randomUUID } from "node:crypto"
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { TestContext } from "node:test"
import type { EntryDraft } from "../../../src/domain/audit/entry.ts"
import { openAuditReader, type AuditReader } from "../../../src/stores/sqlite/reader.ts"
import { openAuditWriter, type AuditWriter } from "../../../src/stores/sqlite/writer.ts"

export type Places = { readonly data: string; readonly folder: string; readonly keysFolder: string }

/** 2026-11-21T00:00:00Z, the start of a day. */
export const dayMs = 1_795_219_200_000

export function placesIn(data: string): Places {
  return { data, folder: join(data, "audit"), keysFolder: join(data, "keys") }
}

export async function makePlaces(): Promise<Places> {
  return placesIn(await mkdtemp(join(tmpdir(), "mcp-meta-log-")))
}

export async function copyOf(places: Places): Promise<Places> {
  const copy = await makePlaces()
  await cp(places.data, copy.data, { recursive: true })
  return copy
}

export async function remove({ data }: Places): Promise<void> {
  await rm(data, { recursive: true, force: true })
}

export function openWriter({ folder, keysFolder }: Places, now = () => dayMs): Promise<AuditWriter> {
  return openAuditWriter({
    folder,
    keysFolder,
    sync: "process",
    timeoutMs: 60_000,
    version: "1.2.3",
    now,
    newId: randomUUID,
    onTrouble: () => {},
    onCheckpoint: () => {},
  })
}

export type OpenedLog = { readonly places: Places; readonly writer: AuditWriter; readonly reader: AuditReader }

/** Closed and removed with the test. */
export async function openLog(t: TestContext, now = () => dayMs): Promise<OpenedLog> {
  const places = await makePlaces()
  const writer = await openWriter(places, now)
  const reader = await openAuditReader(places)
  t.after(async () => {
    await reader.close()
    await writer.close(now())
    await remove(places)
  })
  return { places, writer, reader }
}

export type Call = Partial<EntryDraft> & { readonly timeMs: number; readonly callId: string }

/** Both entries of a call, with payloads of which copies are kept. */
export async function recordCall(writer: AuditWriter, call: Call): Promise<void> {
  const { outcome = "ok", durationMs = 1, computeMs = 0.5, costMicroUsd = 2, ...start } = call
  const keep = { maxBytes: 1_000, redact: [] }
  const given = Buffer.from(JSON.stringify({ id: call.callId }))
  await writer.append({ kind: "start", ...start }, { arguments: [given], keep })
  const end = { kind: "end", ...start, outcome, durationMs, computeMs, costMicroUsd } as const
  await writer.append(end, { result: [Buffer.from(`{"n":1}`)], keep })
}

/** A second apart. */
export async function recordCalls(writer: AuditWriter, count: number, change: Partial<Call> = {}): Promise<void> {
  const { timeMs = dayMs, callId = "call", ...rest } = change
  const calls = Array.from({ length: count }, (_, index) => ({
    principal: `p${index % 5}`,
    principalId: `id${index % 5}`,
    service: `s${index % 3}`,
    target: `s${index % 3}__t${index % 7}`,
    targetKind: "tool" as const,
    ...rest,
    timeMs: timeMs + index * 1_000,
    callId: `${callId}.${index}`,
  }))
  await Promise.all(calls.map((call) => recordCall(writer, call)))
}

/** Past the gateway, as an intruder would. */
export function tamper({ folder }: Places, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(folder, "log.db"))
  try {
    change(db)
  } finally {
    db.close()
  }
}
