/** What the main thread and the thread that writes the log say to each other. */

import type { AuditHead, ErasureFilter } from "../../../domain/audit/log.ts"
import type { DatabaseTrouble } from "../log/database-trouble.ts"
import type { SyncMode } from "../log/log-database.ts"

/** What a thread is started with. */
export type ThreadStart = {
  readonly folder: string
  readonly sync: SyncMode
  /** The gateway's. */
  readonly version: string
  /** The log's, which is also that of who signs. */
  readonly name: string
  /** The private key that signs, as PEM. */
  readonly pem: string
  /** For the digests of payloads. */
  readonly salt: Uint8Array
  readonly failpoint: string | undefined
}

/** What could not be recorded, for the `gap` entry that says so. */
export type Unrecorded = {
  readonly fromMs: number
  readonly toMs: number
  readonly reason: string
  /** By kind of entry. */
  readonly counts: Readonly<Record<string, number>>
  /** Calls whose end was not recorded. */
  readonly callIds: readonly string[]
}

export type Acknowledged = { readonly stream: string; readonly seq: number; readonly hash: string }

/** Each is answered, in order. */
export type Request =
  | { readonly type: "start"; readonly nowMs: number; readonly newStream: string }
  | {
      readonly type: "recover"
      readonly nowMs: number
      readonly newStream: string
      readonly acknowledged: Acknowledged
      readonly unrecorded: Unrecorded
      readonly syncFailed: boolean
    }
  | { readonly type: "gap"; readonly nowMs: number; readonly unrecorded: Unrecorded }
  /** `steadyMs` is the time by which usage figures are old. */
  | { readonly type: "checkpoint"; readonly nowMs: number; readonly steadyMs: number }
  | { readonly type: "rotation"; readonly nowMs: number; readonly vkey: string }
  | { readonly type: "sign_with"; readonly pem: string }
  | { readonly type: "erase"; readonly nowMs: number; readonly filter: ErasureFilter }
  | { readonly type: "retain"; readonly nowMs: number; readonly beforeMs: number; readonly keepFromId: number }
  | { readonly type: "close"; readonly nowMs: number }

export type ToThread =
  | { readonly type: "batch"; readonly batch: number; readonly frame: ArrayBuffer }
  | { readonly type: "ask"; readonly ask: number; readonly request: Request }

/** The checkpoint is there when it is new. */
export type ThreadHead = Omit<AuditHead, "trouble">

export type FromThread =
  /** This batch and those before it. */
  | { readonly type: "recorded"; readonly batch: number; readonly head: ThreadHead }
  /** `value` is how many things an erasure or a retention has dropped, or how many entries a start has missed. */
  | { readonly type: "answer"; readonly ask: number; readonly value: number; readonly head?: ThreadHead }
  | { readonly type: "failed"; readonly ask: number; readonly trouble: DatabaseTrouble }
  | { readonly type: "trouble"; readonly trouble: DatabaseTrouble }
