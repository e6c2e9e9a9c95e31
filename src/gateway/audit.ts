/** Opens the audit log: who writes it, who reads it, and where its entries are sent besides. */

import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Config } from "../config.ts"
import type { AuditLog, EntryRecorder } from "../domain/audit/log.ts"
import type { Machine } from "../domain/services/machine.ts"
import { createSteadyClock } from "../domain/steady-clock.ts"
import type { Events } from "../domain/event.ts"
import type { Usage } from "../domain/usage.ts"
import { GatewayError } from "../errors.ts"
import type { Log } from "../log.ts"
import type { Sinks, SinkSettings, SinksOptions } from "../sinks/sinks.ts"
import { openAuditReader } from "../stores/sqlite/reader.ts"
import { openAuditWriter, type AuditWriter } from "../stores/sqlite/writer.ts"
import type { Closers } from "./closers.ts"

export type Audit = { readonly recorder: EntryRecorder; readonly log: AuditLog; readonly usage: Usage }

export type AuditOptions = {
  readonly config: Config
  readonly machine: Machine
  readonly log: Log
  readonly version: string
  readonly events: Events
  /** Of a test: src/failpoint.ts. */
  readonly failpoint?: string | undefined
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export async function openAudit(
  { config, machine, log, version, events, failpoint }: AuditOptions,
  closers: Closers,
): Promise<Audit> {
  const folder = join(config.data, "audit")
  const keysFolder = join(config.data, "keys")
  const { sync, timeoutMs } = config.audit
  let sinks: Sinks | undefined
  const sinkTroubles = new Map<string, string>()
  // Nothing is dropped for a clock that has jumped until it stood there for a day.
  const steady = createSteadyClock({ now: Date.now, elapsed: () => performance.now() }, dayMs)
  const writer = await openAuditWriter({
    folder,
    keysFolder,
    sync,
    timeoutMs,
    version,
    failpoint,
    now: Date.now,
    steady,
    newId: randomUUID,
    onTrouble: (trouble, cause) => {
      if (trouble === undefined) log.info("The audit log can be written again; calls are taken.")
      else
        log.error({ reason: trouble, cause }, "The audit log cannot be written; calls are refused until it can.")
      const { stream, seq } = writer.head()
      events.publish({ type: "audit", stream, seq, ...(trouble !== undefined && { trouble }) })
    },
    onLoss: (entries) =>
      log.error(
        { entries },
        "The audit log has lost entries since it was written, as by a loss of power; its opening says which.",
      ),
    onKeyWarning: (reason) => {
      if (reason === undefined) log.info("The keys of the audit log are there again.")
      else log.warn({ reason }, "The keys of the audit log are missing; calls go on.")
    },
    onCheckpoint: ({ stream, seq, checkpoint }) => {
      events.publish({ type: "audit", stream, seq })
      sinks?.wake()
      if (checkpoint) sinks?.onCheckpoint(checkpoint.note)
    },
  })
  closers.add(() => writer.close(Date.now()))
  const reader = await openAuditReader({ folder, keysFolder })
  closers.add(() => reader.close())
  sinks = await openSinks({
    sinks: await sinkSettings(config),
    guard: machine.guardFor(undefined),
    entries: { after: (id, limit) => reader.entriesAfter(id, limit) },
    folder,
    version,
    now: Date.now,
    onTrouble: (sink, message) => {
      if (message === undefined) sinkTroubles.delete(sink)
      else sinkTroubles.set(sink, message)
      if (message === undefined) log.info({ sink }, "A sink of the audit log takes entries again.")
      else log.warn({ sink, reason: message }, "A sink of the audit log has trouble.")
    },
  })
  const opened = sinks
  closers.add(() => opened?.close())
  const unsubscribe = events.subscribe((event) => {
    if (event.type !== "service") return
    const { service, state } = event
    writer.note({ kind: "service", timeMs: Date.now(), service, detail: { state } })
  })
  closers.add(unsubscribe)
  keepInTime(config, { writer, sinks, steady }, closers)
  const auditLog: AuditLog = {
    head: () => ({
      ...writer.head(),
      sinkTroubles: [...sinkTroubles].map(([sink, message]) => ({ sink, message })),
    }),
    rotateKey: (nowMs) => writer.rotateKey(nowMs),
    erase: (filter, nowMs) => writer.erase(filter, nowMs),
    page: (filter, request) => reader.page(filter, request),
    verify: (range, signal) => reader.verify(range, signal),
    exportPage: (request) => reader.exportPage(request),
  }
  return { recorder: writer, log: auditLog, usage: reader }
}

type Keeping = { readonly writer: AuditWriter; readonly sinks: Sinks | undefined; readonly steady: () => number }

/** Drops what is older than the configuration keeps, and no sink still waits for: at the start and every hour. */
function keepInTime(
  { audit: { retentionDays } }: Config,
  { writer, sinks, steady }: Keeping,
  closers: Closers,
): void {
  if (retentionDays === 0) return
  const drop = (): void => {
    const nowMs = Date.now()
    const keepFromId = sinks?.oldestNeededId() ?? Number.MAX_SAFE_INTEGER
    const request = { beforeMs: steady() - retentionDays * dayMs, keepFromId, nowMs }
    // Trouble is told where it is met; what is dropped an hour later is no loss.
    writer.retain(request).catch(() => undefined)
  }
  drop()
  const timer = setInterval(drop, hourMs).unref()
  closers.add(() => clearInterval(timer))
}

/** Loads what serves them only where there are some. @throws GatewayError `invalid` */
async function openSinks(options: SinksOptions): Promise<Sinks | undefined> {
  if (Object.keys(options.sinks).length === 0) return undefined
  const { openSinks } = await import("../sinks/sinks.ts")
  return openSinks(options)
}

/** @throws GatewayError `invalid` */
async function sinkSettings({ audit: { file, webhook, syslog } }: Config): Promise<SinkSettings> {
  if (webhook.url !== undefined && webhook.secret === undefined)
    throw new GatewayError(
      "invalid",
      "audit.webhook.url needs a key for its signatures: set MCP_META_AUDIT_WEBHOOK_SECRET.",
    )
  const ca = syslog.ca === undefined ? undefined : await readCa(syslog.ca)
  return {
    ...(file.path !== undefined && { file: { path: file.path, format: file.format } }),
    ...(webhook.url !== undefined && { webhook: { url: webhook.url, secret: webhook.secret ?? "" } }),
    ...(syslog.host !== undefined && {
      syslog: { host: syslog.host, port: syslog.port, format: syslog.format, ...(ca !== undefined && { ca }) },
    }),
  }
}

async function readCa(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new GatewayError("invalid", `audit.syslog.ca names ${path}, which cannot be read.`, { cause })
  })
}
