/**
 * The ports of the audit log: the call writes through one, operations read through the other. Who keeps it:
 * stores/sqlite.
 */

import type { Page } from "../collection.ts"
import type { Digested, EntryDraft, EntryKind, KeptEntry, Outcome } from "./entry.ts"
import type { Verdict } from "./verdict.ts"

/** The bytes that go with an entry; they are digested, and kept only as a redacted copy, where that is asked for. */
export type Payloads = {
  /** Pieces, in order, of one JSON text each. */
  readonly arguments?: readonly Buffer[]
  readonly result?: readonly Buffer[]
  /** Absent where no copy is kept. */
  readonly keep?: { readonly maxBytes: number; readonly redact: readonly string[] }
}

/** Of a payload that is never whole in one place. */
export interface RunningDigest {
  add(piece: Buffer): void
  /** Of all pieces, as if they had been handed over together. */
  end(): Digested
}

export interface EntryRecorder {
  /** Absent where payloads must be handed over whole. */
  digest?(): RunningDigest
  /**
   * Resolves when the entry is on record.
   *
   * @throws GatewayError `audit_unavailable`
   */
  append(draft: EntryDraft, payloads?: Payloads): Promise<void>
  /** For what nobody waits for. What could not be recorded is counted in the `gap` entry that follows. */
  note(draft: EntryDraft): void
  /** Undefined while entries can be recorded; else why not, in words that are safe to show. */
  readonly trouble: string | undefined
}

export type AuditHead = {
  readonly stream: string
  readonly seq: number
  /** Of the last entry, in base64url. */
  readonly hash: string
  readonly checkpoint?: { readonly size: number; readonly timeMs: number; readonly note: string }
  readonly trouble?: string
  /** Where else entries should go and do not, and why. */
  readonly sinkTroubles?: readonly { readonly sink: string; readonly message: string }[]
}

/** All of them must fit. `fromMs` is the first instant, `toMs` the first one after. */
export type EntryFilter = {
  readonly principal?: string
  readonly service?: string
  readonly tool?: string
  readonly outcome?: Outcome
  readonly kind?: EntryKind
  readonly callId?: string
  readonly fromMs?: number
  readonly toMs?: number
}

/** Whose copies are dropped; never those of calls that `except` has made. */
export type ErasureFilter = Pick<EntryFilter, "principal" | "callId" | "toMs"> & { readonly except?: string }

export type TimeRange = { readonly fromMs?: number; readonly toMs?: number }

export type ExportPage = {
  /** Whole lines. */
  readonly lines: readonly string[]
  readonly nextCursor?: string
}

export const exportFormats = ["jsonl", "cef", "ocsf"] as const
export type ExportFormat = (typeof exportFormats)[number]

export type ExportRequest = TimeRange & { readonly format: ExportFormat; readonly cursor?: string }

export interface AuditLog {
  head(): AuditHead
  /** The newest first. @throws GatewayError `invalid` for a cursor that is not ours */
  page(
    filter: EntryFilter,
    request: { readonly cursor?: string; readonly limit: number },
  ): Promise<Page<KeptEntry>>
  /** Streams through all entries of the range, in a thread of its own. */
  verify(range: TimeRange, signal: AbortSignal): Promise<Verdict>
  /** In the order of streams and entries; JSON Lines hold what is needed to verify them elsewhere. */
  exportPage(request: ExportRequest): Promise<ExportPage>
  /** The old key signs the new one and the head. @returns the new public key as a line */
  rotateKey(nowMs: number): Promise<{ readonly publicKey: string }>
  /** Drops redacted copies; the chain stays valid. @returns how many */
  erase(filter: ErasureFilter, nowMs: number): Promise<number>
}
