/**
 * The start of the log in a new process: the stream of the process before is finished, where a crash kept that one from
 * doing it, its calls are closed, and a stream of our own begins. All of it is one transaction.
 */

import { mendFile } from "./checkpoint-file.ts"
import { closeCalls } from "./closing-calls.ts"
import { refuseLostLog } from "./earlier-log.ts"
import { openDatabase } from "./log-database.ts"
import { OpenLog, type LogPlace } from "./open-log.ts"
import { lostSince, succeed } from "./stream-succession.ts"
import type { Request } from "../handover/thread-messages.ts"
import { pruneUsage } from "../usage/usage-pruning.ts"

export type StartedLog = {
  readonly log: OpenLog
  /** Entries that the file of checkpoints tells of and that are gone. */
  readonly lost: number
}

type Start = Extract<Request, { type: "start" }>

export function startLog(place: LogPlace, { newStream, nowMs }: Start): StartedLog {
  refuseLostLog(place.folder)
  const db = openDatabase(place.folder, place.sync)
  try {
    const lastNote = mendFile(place, db)
    const log = new OpenLog(db, place)
    const open = log.openCalls.entries().map(([, call]) => call)
    const lost = lostSince(db, log.tail, lastNote)
    log.transaction(() => {
      succeed(log, { newStream, nowMs, lost })
      closeCalls(log, open, { outcome: "unknown_after_crash", nowMs })
      log.sign(nowMs)
      log.catchUp()
      pruneUsage(db, nowMs)
    })
    log.fileCheckpoints()
    return { log, lost: Number(lost["lost"] ?? 0) }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}
