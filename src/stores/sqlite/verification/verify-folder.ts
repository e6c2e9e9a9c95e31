/**
 * A verification of the log in a data folder, of a gateway that runs or of one that does not, without writing anything
 * there. What is read and in which order: verify-source.ts; how the database is opened: verify-open.ts.
 */

import { open, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { splitNotes } from "../../../domain/audit/checkpoint.ts"
import { DamageFound } from "../../../domain/audit/verification/damage-found.ts"
import { readKeyHistory, trustedFrom, type TrustedKeys } from "../../../domain/audit/key-history.ts"
import type { TimeRange } from "../../../domain/audit/log.ts"
import type { Damage, Verdict } from "../../../domain/audit/verdict.ts"
import { LogVerifier } from "../../../domain/audit/verification/verify.ts"
import { GatewayError } from "../../../errors.ts"
import { logFile } from "../log/log-database.ts"
import { isWhole } from "../reading/reader-span.ts"
import { countGoneCopies } from "./verify-copies.ts"
import { keyGiven, notesGiven, type GivenNotes, type GivenProof } from "./verify-given.ts"
import { findOrphan } from "./verify-orphans.ts"
import { openUntouched, openWritten } from "./verify-open.ts"
import { readLog, LogChanged } from "./verify-source.ts"
import { findAlteredTables } from "./verify-tables.ts"

export type VerifyFolder = TimeRange &
  GivenProof & {
    /** DATA/audit and DATA/keys. */
    readonly folder: string
    readonly keysFolder: string
    /** Whether the log is written in this very process. */
    readonly writer?: "here"
  }

/** More of the file of checkpoints is not compared: its end is what a cut would have to hide. */
const filedBytes = 64 * 1_024 * 1_024
const attempts = 5
const usageRemark =
  "Usage figures are no part of the proof: whoever could write there could have changed them. The end entries, which are, add up to them."

/** @throws GatewayError `invalid` where there is no log, or a key or checkpoints that are none were given */
export async function verifyFolder(asked: VerifyFolder): Promise<Verdict> {
  const given = notesGiven(asked)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await verifyOnce(asked, given)
    } catch (thrown) {
      if (thrown instanceof DamageFound) return foundBefore(thrown.damage)
      if (!(thrown instanceof LogChanged) || attempt === attempts) throw thrown
    }
  }
}

async function verifyOnce(asked: VerifyFolder, given: GivenNotes): Promise<Verdict> {
  const filed = await filedNotes(asked.folder)
  const opening =
    asked.writer === "here"
      ? Promise.try(() => openWritten(asked.folder))
      : openUntouched(asked.folder, filed.length > 0 ? "known" : "unknown")
  await using log = await opening.catch(refuseUnreadable)
  const history = await historyOf(asked)
  const verifier = new LogVerifier({
    keys: keysIn(history, asked),
    filed,
    brought: given.notes,
    extent: isWhole(asked) ? "whole" : "range",
    remarks: [...given.remarks, usageRemark],
  })
  const verdict = judge(verifier, log.db, asked)
  if (await log.wasDisturbed()) throw new LogChanged()
  const isStrange = verdict.damage?.kind === "unknown_key"
  if (isStrange && (await historyOf(asked)) !== history) throw new LogChanged()
  return verdict
}

function judge(verifier: LogVerifier, db: DatabaseSync | undefined, range: TimeRange): Verdict {
  const early = db && feedAll(verifier, db, range)
  const verdict = verifier.finish()
  if (early) return { ...verdict, ...damaged(early) }
  return verdict.ok && db && isWhole(range) ? lookBeside(verdict, db) : verdict
}

/** What of the file is not seen by going through streams, entries and checkpoints. */
function lookBeside(verdict: Verdict, db: DatabaseSync): Verdict {
  let remarks: readonly string[] = []
  const found = whileReadable(() => {
    const damage = findOrphan(db) ?? findAlteredTables(db)
    if (damage) return damage
    const copies = countGoneCopies(db)
    remarks = copies.remarks
    return copies.damage
  })
  if (found) return { ...verdict, ...damaged(found) }
  return { ...verdict, cannotExclude: [...verdict.cannotExclude, ...remarks] }
}

function refuseUnreadable(thrown: unknown): never {
  throw isOfSqlite(thrown) ? new DamageFound("unreadable", { stream: "", seq: 0 }, unreadable) : thrown
}

/** @returns damage of the tables themselves, which the verifier does not see */
function feedAll(verifier: LogVerifier, db: DatabaseSync, range: TimeRange): Damage | undefined {
  const place = { stream: "", seq: 0 }
  return whileReadable(() => {
    for (const item of readLog(db, range)) {
      verifier.feed(item)
      if (verifier.damage !== undefined) return undefined
      if (item.type === "stream") Object.assign(place, { stream: item.name, seq: item.base.size })
      if (item.type === "entry") Object.assign(place, { stream: item.stream, seq: item.seq })
    }
    return undefined
  }, place)
}

/** @param after where the reading has come, while it goes on */
function whileReadable(
  read: () => Damage | undefined,
  after: { readonly stream: string; readonly seq: number } = { stream: "", seq: 0 },
): Damage | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof DamageFound) return thrown.damage
    if (!isOfSqlite(thrown)) throw thrown
    return { stream: after.stream, seq: after.seq + 1, kind: "unreadable", message: unreadable }
  }
}

const unreadable = `${logFile} cannot be read on from here: it is damaged, or no database.`

function isOfSqlite(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === "ERR_SQLITE_ERROR"
}

function damaged(damage: Damage): Pick<Verdict, "ok" | "damage" | "cannotExclude"> {
  return { ok: false, damage, cannotExclude: ["What comes after the damage has not been looked at."] }
}

function foundBefore(damage: Damage): Verdict {
  return { entries: 0, streams: 0, checkpoints: 0, ...damaged(damage) }
}

/** Its last note may be torn by a crash. */
async function filedNotes(folder: string): Promise<readonly string[]> {
  return splitNotes(await endOf(join(folder, "checkpoints"))).notes
}

/** From the first whole note on. */
async function endOf(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    const start = Math.max(0, size - filedBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    const text = buffer.toString("utf8", 0, bytesRead)
    return start === 0 ? text : text.replace(/^[^]*?\n— [^\n]+\n\n/, "")
  } catch (thrown) {
    const { code = "unknown" } = thrown as NodeJS.ErrnoException
    if (code === "ENOENT") return ""
    throw new GatewayError("invalid", `${path} cannot be read (${code}); verify as the gateway's user.`, {
      cause: thrown,
    })
  }
}

/** The keys as they lie beside the log at this moment; it may rotate them meanwhile. @throws DamageFound */
async function historyOf(asked: VerifyFolder): Promise<string> {
  const text = await readFile(join(asked.keysFolder, "audit.pub"), "utf8").catch(() => keyGiven(asked))
  if (text === undefined) throw noKeys("keys/audit.pub is gone; give the public key that was kept elsewhere.")
  return text
}

/** @throws DamageFound where they are not what they were */
function keysIn(history: string, asked: VerifyFolder): TrustedKeys {
  const given = keyGiven(asked)
  try {
    return trustedFrom(readKeyHistory(history), given)
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw noKeys(thrown.message)
    throw thrown
  }
}

function noKeys(message: string): DamageFound {
  return new DamageFound("unknown_key", { stream: "", seq: 0 }, message)
}
