/** What the writer of the audit log is opened with, and the folders it needs. */

import { mkdir } from "node:fs/promises"
import type { AuditHead } from "../../domain/audit/log.ts"
import { GatewayError } from "../../errors.ts"
import type { SyncMode } from "./log/log-database.ts"

export type AuditWriterOptions = {
  /** `audit` in the data folder. */
  readonly folder: string
  /** `keys` in the data folder. */
  readonly keysFolder: string
  readonly sync: SyncMode
  /** Until an entry is refused because the disk does not answer; 5,000 where it is not given. */
  readonly timeoutMs?: number
  /** The gateway's. */
  readonly version: string
  now(): number
  /** Epoch ms by which usage figures are old; `now` where absent. */
  steady?(): number
  /** For the names of streams. */
  newId(): string
  /** Of a test: where the thread ends itself, or the process (failpoint.ts). */
  readonly failpoint?: string | undefined
  /**
   * @param trouble safe to show; undefined when it is over
   * @param cause for the operational log, never shown
   */
  onTrouble(trouble: string | undefined, cause?: string): void
  onCheckpoint(head: AuditHead): void
  /** At the start. @param entries that were on record and are gone, as after a loss of power; the log says it, too */
  onLoss?(entries: number): void
  /** @param warning that files of the keys are gone, which stops nothing yet; undefined when they are there again */
  onKeyWarning?(warning: string | undefined): void
}

/** @throws GatewayError `invalid` */
export async function makeFolders({ folder, keysFolder }: AuditWriterOptions): Promise<void> {
  try {
    for (const path of [folder, keysFolder]) await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why =
      "The folders audit and keys cannot be made in the data folder; check its owner, its mode and the disk."
    throw new GatewayError("invalid", why, { cause })
  }
}
