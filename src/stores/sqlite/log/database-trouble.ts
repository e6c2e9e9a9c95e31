/** What keeps the log from being written, in words that are safe to show and say what to do. */

import { GatewayError } from "../../../errors.ts"

const codes = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
}

const unwritable =
  "audit/log.db in the data folder cannot be opened or written; check its owner, its mode and its disk"
const full = "the disk of the data folder is full; free space on it"
const failing = "the disk of the data folder fails; check it"
const locked = "another program has locked audit/log.db in the data folder; end it"
const moved =
  "audit/log.db in the data folder was moved, replaced or deleted under the gateway; put it back and restart"
const overtaken = "another process writes audit/log.db, too; only one gateway may use a data folder"
const reading = "a program that reads audit/log.db keeps it from being written to the disk anew; end it"
const damaged =
  "audit/log.db in the data folder is damaged; restore it from a backup, or move the folder audit away and start again with a new log"

const byResult: Readonly<Record<number, string>> = {
  [codes.perm]: unwritable,
  [codes.busy]: locked,
  [codes.locked]: locked,
  [codes.readonly]: unwritable,
  [codes.ioerr]: failing,
  [codes.corrupt]: damaged,
  [codes.full]: full,
  [codes.cantopen]: unwritable,
  [codes.notadb]: damaged,
}

const bySystem: Readonly<Record<string, string>> = {
  ENOSPC: full,
  EDQUOT: full,
  EIO: failing,
  EACCES: unwritable,
  EPERM: unwritable,
  EROFS: unwritable,
  EISDIR: "a folder stands in the place of audit/log.db or audit/checkpoints in the data folder; move it away",
  ENOENT: moved,
  EMFILE: "too many files are open; raise the limit of open files",
  ENFILE: "too many files are open; raise the limit of open files",
}

export type DatabaseTrouble = {
  /** Safe to show; no sentence. */
  readonly reason: string
  /** Pages that the system holds may not be on the disk, though it says so when asked again. */
  readonly syncFailed: boolean
  /** Waiting may help. */
  readonly passing: boolean
  /** For the operational log, never shown. */
  readonly cause: string
}

/** A reader keeps the WAL from being written anew, after a sync that failed. */
export class StillRead extends Error {}

/** The file that is written, or its WAL, is not the one at its place any more. */
export class Moved extends Error {}

/** Someone else has begun a stream, and so ended the one that is written. */
export class Overtaken extends Error {}

type Thrown = { readonly code?: unknown; readonly errcode?: unknown }

export function troubleOf(thrown: unknown): DatabaseTrouble {
  const { code, errcode } = (thrown ?? {}) as Thrown
  const result = typeof errcode === "number" ? errcode & 0xff : undefined
  return {
    reason: reasonOf(thrown, result),
    syncFailed: result === codes.ioerr || code === "EIO" || thrown instanceof StillRead,
    passing: result === codes.busy || result === codes.locked,
    cause: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
  }
}

function reasonOf(thrown: unknown, result: number | undefined): string {
  if (thrown instanceof GatewayError) return thrown.message.replace(/\.$/, "")
  if (thrown instanceof StillRead) return reading
  if (thrown instanceof Moved) return moved
  if (thrown instanceof Overtaken) return overtaken
  const reason = result === undefined ? bySystem[String((thrown as Thrown | undefined)?.code)] : byResult[result]
  return reason ?? "writing the log failed in a way that the gateway does not know; its log has the cause"
}
