/**
 * After trouble: the log is read anew from the disk, which may hold more than was acknowledged, or less. Where what was
 * acknowledged is there, the stream goes on; else a new one begins and says what was lost. Then a `gap` tells what could
 * not be recorded, and calls that were refused meanwhile get an end.
 */

import { toText } from "../../../domain/audit/chain.ts"
import { mendFile } from "./checkpoint-file.ts"
import { closeCalls } from "./closing-calls.ts"
import { StillRead } from "./database-trouble.ts"
import { emptyWal, openDatabase } from "./log-database.ts"
import type { OpenCall } from "./open-calls.ts"
import { OpenLog, type LogPlace } from "./open-log.ts"
import { isOver, succeed, type Succession } from "./stream-succession.ts"
import type { Acknowledged, Request, Unrecorded } from "../handover/thread-messages.ts"

type Recovery = Extract<Request, { type: "recover" }>

export function recoverLog(place: LogPlace, recovery: Recovery): OpenLog {
  const { newStream, nowMs, acknowledged, unrecorded, syncFailed } = recovery
  const db = openDatabase(place.folder, place.sync)
  try {
    // What the system says it holds may never have come to the disk, and a second sync would not say so.
    if (!emptyWal(db) && syncFailed) throw new StillRead()
    mendFile(place, db)
    const log = new OpenLog(db, place)
    const refused = log.openCalls
      .entries()
      .filter(isRefused(log, recovery))
      .map(([, call]) => call)
    log.transaction(() => {
      const lost = lostOf(log, acknowledged)
      if (lost) succeed(log, { newStream, nowMs, lost })
      recordGap(log, unrecorded, nowMs)
      closeCalls(log, refused, { outcome: "audit_unavailable", nowMs })
      log.sign(nowMs)
      log.catchUp()
    })
    log.fileCheckpoints()
    return log
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/** For what was refused while the log itself was well. To be called in a transaction. */
export function recordUnrecorded(log: OpenLog, unrecorded: Unrecorded, nowMs: number): void {
  const callIds = new Set(unrecorded.callIds)
  const refused = log.openCalls.entries().filter(([callId]) => callIds.has(callId))
  recordGap(log, unrecorded, nowMs)
  const calls = refused.map(([, call]) => call)
  closeCalls(log, calls, { outcome: "audit_unavailable", nowMs })
}

function recordGap(log: OpenLog, { fromMs, toMs, reason, counts }: Unrecorded, nowMs: number): void {
  const notRecorded = Object.values(counts).reduce((sum, count) => sum + count, 0)
  log.append({ kind: "gap", timeMs: nowMs, detail: { ...counts, fromMs, toMs, notRecorded, reason } })
}

/** A start that was never acknowledged, or one whose end was refused. */
function isRefused(
  log: OpenLog,
  { acknowledged, unrecorded }: Recovery,
): (open: readonly [string, OpenCall]) => boolean {
  const callIds = new Set(unrecorded.callIds)
  const lastId = find(log, acknowledged)?.id ?? Infinity
  return ([callId, { id }]) => id > lastId || callIds.has(callId)
}

/** Undefined where the stream can go on. */
function lostOf(log: OpenLog, acknowledged: Acknowledged): Succession["lost"] | undefined {
  const { stream, seq, hash } = acknowledged
  const found = find(log, acknowledged)
  const isHeld = found !== undefined && toText(Buffer.from(found.hash)) === hash
  if (!isHeld) return { lost: seq - lastSeq(log, stream), lostStream: stream }
  return log.tail?.stream === stream && !isOver(log) ? undefined : {}
}

function find(log: OpenLog, { stream, seq }: Acknowledged): { id: number; hash: Uint8Array } | undefined {
  const query =
    "SELECT e.id, e.hash FROM entries e JOIN streams s ON s.id = e.stream WHERE s.name = ? AND e.seq = ?"
  return log.db.prepare(query).get(stream, seq) as { id: number; hash: Uint8Array } | undefined
}

/** How much of a stream that has lost entries is left. */
function lastSeq({ tail }: OpenLog, stream: string): number {
  return tail?.stream === stream ? tail.seq : 0
}
