/**
 * Writes the audit log, seen from the main thread, which must do as little for it as possible: a draft becomes bytes in
 * a batch (outbox.ts), and once in a turn of the event loop the batch goes to a thread that does the rest
 * (writer-thread.ts). What happens when that cannot write: thread-keeper.ts. Who reads the log: reader.ts.
 */

import { existsSync } from "node:fs"
import { join } from "node:path"
import { syncFolder } from "../../durable-file.ts"
import type { EntryDraft } from "../../domain/audit/entry.ts"
import type { AuditHead, EntryRecorder, ErasureFilter, Payloads, RunningDigest } from "../../domain/audit/log.ts"
import { GatewayError } from "../../errors.ts"
import { BatchDeadline } from "./handover/batch-deadline.ts"
import { watchingKeys } from "./keys/key-watch.ts"
import { openAuditKeys, type AuditKeys } from "./keys/keys.ts"
import { Outbox } from "./handover/outbox.ts"
import { SaltedDigest } from "./salted-digest.ts"
import { ThreadKeeper, type Recovery } from "./handover/thread-keeper.ts"
import { RequestFailed, type Answer } from "./handover/thread-link.ts"
import type { Request, ThreadHead, ThreadStart, Unrecorded } from "./handover/thread-messages.ts"
import { unavailable } from "./handover/unavailable.ts"
import { UnrecordedCount } from "./handover/unrecorded-count.ts"
import { makeFolders, type AuditWriterOptions } from "./writer-options.ts"

const checkpointMs = 1_000
const usualTimeoutMs = 5_000

/** @throws GatewayError `invalid` where the log or its keys cannot be used as they are */
export async function openAuditWriter(options: AuditWriterOptions): Promise<AuditWriter> {
  await makeFolders(options)
  const log = existsSync(join(options.folder, "log.db")) ? "there" : "new"
  const keys = await openAuditKeys({ folder: options.keysFolder, log })
  const writer = new AuditWriter({ ...options, onCheckpoint: watchingKeys(options) }, keys)
  await writer.start()
  await syncFolder(options.folder)
  return writer
}

export class AuditWriter implements EntryRecorder {
  readonly #options: AuditWriterOptions
  readonly #keys: AuditKeys
  readonly #keeper: ThreadKeeper
  readonly #outbox = new Outbox()
  readonly #unrecorded = new UnrecordedCount()
  readonly #deadline: BatchDeadline
  #head: ThreadHead = { stream: "", seq: 0, hash: "" }
  #troubleSinceMs = 0
  #scheduled = false
  #tellingGap = false
  #signing: NodeJS.Timeout | undefined
  #rotating: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(options: AuditWriterOptions, keys: AuditKeys) {
    this.#options = options
    this.#keys = keys
    this.#deadline = new BatchDeadline({
      ms: options.timeoutMs ?? usualTimeoutMs,
      outSinceMs: () => this.#outbox.outSinceMs,
      passed: () => this.#keeper.silent(),
    })
    this.#keeper = new ThreadKeeper({
      thread: (which) => this.#threadStart(which),
      recorded: (batch, head) => this.#recorded(batch, head),
      troubled: (reason, cause) => this.#troubled(reason, cause),
      recovery: (reason) => this.#recovery(reason),
      recovered: (head) => this.#recovered(head),
      untold: (unrecorded) => this.#unrecorded.giveBack(unrecorded),
    })
  }

  /** @throws GatewayError `invalid` */
  async start(): Promise<void> {
    const { timeoutMs = usualTimeoutMs } = this.#options
    try {
      const request = (): Request => ({ type: "start", ...this.#succession() })
      const { head, value: lost } = await this.#keeper.start(request, timeoutMs)
      if (head) this.#takeHead(head)
      if (lost > 0) this.#options.onLoss?.(lost)
    } catch (thrown) {
      await this.#keeper.close(this.#options.now()).catch(() => undefined)
      const reason = thrown instanceof RequestFailed ? thrown.message : String(thrown)
      throw new GatewayError("invalid", `The audit log cannot be opened: ${reason}.`, { cause: thrown })
    }
  }

  get trouble(): string | undefined {
    return this.#keeper.trouble
  }

  head(): AuditHead {
    return { ...this.#head, ...(this.trouble !== undefined && { trouble: this.trouble }) }
  }

  append(draft: EntryDraft, payloads?: Payloads): Promise<void> {
    const reason = this.#closed ? "it is closed" : this.trouble
    const recorded = reason === undefined ? this.#outbox.add(draft, payloads) : undefined
    if (recorded === undefined) {
      this.#unrecorded.add(draft, this.#options.now())
      return Promise.reject(unavailable(reason ?? "too much waits to be recorded; try again in a moment"))
    }
    this.#schedule()
    return recorded
  }

  digest(): RunningDigest {
    return new SaltedDigest(this.#keys.salt)
  }

  note(draft: EntryDraft): void {
    this.append(draft).catch(() => undefined)
  }

  rotateKey(nowMs: number): Promise<{ readonly publicKey: string }> {
    const rotated = this.#rotating.then(() => this.#rotate(nowMs))
    this.#rotating = rotated.catch(() => undefined)
    return rotated
  }

  async erase(filter: ErasureFilter, nowMs: number): Promise<number> {
    return (await this.#ask({ type: "erase", filter, nowMs })).value
  }

  /** @returns how many entries were dropped */
  async retain(request: {
    readonly beforeMs: number
    readonly keepFromId: number
    readonly nowMs: number
  }): Promise<number> {
    return (await this.#ask({ type: "retain", ...request })).value
  }

  /** @throws GatewayError `audit_unavailable` where the end could not be recorded; the next start makes up for it */
  close(nowMs: number): Promise<void> {
    this.#closed ??= this.#close(nowMs)
    return this.#closed
  }

  async #close(nowMs: number): Promise<void> {
    clearTimeout(this.#signing)
    this.#deadline.stop()
    while (this.#outbox.hasBatch) this.#sendBatch()
    try {
      const answer = await this.#keeper.close(nowMs)
      if (answer?.head) this.#takeHead(answer.head)
    } finally {
      this.#outbox.refuse(unavailable("it is closed"))
    }
  }

  async #ask(request: Request): Promise<Answer> {
    if (this.#closed) throw unavailable("it is closed")
    if (this.trouble !== undefined) throw unavailable(this.trouble)
    const answer = await this.#keeper.ask(request)
    if (answer.head && this.trouble === undefined) this.#takeHead(answer.head)
    return answer
  }

  async #rotate(nowMs: number): Promise<{ readonly publicKey: string }> {
    const next = await this.#keys.drawNext(nowMs)
    await this.#ask({ type: "rotation", vkey: next.vkey, nowMs })
    await this.#keys.adopt(next)
    // A thread that was lost meanwhile begins with the new key anyway.
    await this.#keeper.ask({ type: "sign_with", pem: next.pem }).catch(() => undefined)
    return { publicKey: next.vkey }
  }

  #schedule(): void {
    if (this.#scheduled || !this.#outbox.isReady) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#sendReady()
    })
  }

  #sendReady(): void {
    while (this.#outbox.isReady) this.#sendBatch()
  }

  #sendBatch(): void {
    const { id, frame } = this.#outbox.takeBatch(performance.now())
    this.#keeper.send(id, frame)
    this.#deadline.watch()
  }

  #recorded(batch: number, head: ThreadHead): void {
    this.#outbox.recorded(batch)
    this.#takeHead(head)
    if (this.#outbox.hasRoom) this.#tellGap()
    this.#sendReady()
  }

  #troubled(reason: string, cause: string): void {
    const nowMs = this.#options.now()
    this.#troubleSinceMs = nowMs
    for (const draft of this.#outbox.refuse(unavailable(reason))) this.#unrecorded.add(draft, nowMs)
    this.#options.onTrouble(reason, cause)
  }

  #recovery(reason: string): Recovery {
    const succession = this.#succession()
    const unrecorded = this.#unrecorded.take(this.#troubleSinceMs, succession.nowMs, reason)
    const { stream, seq, hash } = this.#head
    return { ...succession, acknowledged: { stream, seq, hash }, unrecorded }
  }

  #recovered(head: ThreadHead): void {
    this.#takeHead(head)
    this.#tellGap()
    this.#options.onTrouble(undefined)
  }

  /** Of what was refused while the log itself was well. */
  #tellGap(): void {
    if (this.#tellingGap || this.#unrecorded.isEmpty) return
    this.#tellingGap = true
    const nowMs = this.#options.now()
    const unrecorded: Unrecorded = this.#unrecorded.take(nowMs, nowMs, "it could not be recorded in time")
    this.#ask({ type: "gap", unrecorded, nowMs })
      .catch(() => this.#unrecorded.giveBack(unrecorded))
      .finally(() => (this.#tellingGap = false))
  }

  #takeHead(head: ThreadHead): void {
    const known = head.stream === this.#head.stream ? this.#head.checkpoint : undefined
    const checkpoint = head.checkpoint ?? known
    this.#head = { ...head, ...(checkpoint && { checkpoint }) }
    if (head.checkpoint) this.#options.onCheckpoint(this.head())
    if (head.seq > (checkpoint?.size ?? 0)) this.#signSoon()
  }

  #signSoon(): void {
    if (this.#closed) return
    this.#signing ??= setTimeout(() => {
      this.#signing = undefined
      // A failure is trouble, which is told where it is met.
      const nowMs = this.#options.now()
      const steadyMs = this.#options.steady?.() ?? nowMs
      this.#ask({ type: "checkpoint", nowMs, steadyMs }).catch(() => undefined)
    }, checkpointMs).unref()
  }

  #succession(): { readonly newStream: string; readonly nowMs: number } {
    const nowMs = this.#options.now()
    const time = new Date(nowMs).toISOString().slice(0, -5).replaceAll(/[-:]/g, "")
    return { newStream: `${time}Z-${this.#options.newId()}`, nowMs }
  }

  #threadStart(which: "first" | "next"): ThreadStart {
    const { folder, sync, version, failpoint } = this.#options
    const { name, pem, salt } = this.#keys
    return { folder, sync, version, name, pem, salt, failpoint: which === "first" ? failpoint : undefined }
  }
}
