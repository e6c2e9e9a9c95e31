/**
 * The start of the log in a new process: the stream of the process before is finished, where a crash kept that one from
 * doing it, its calls are closed, and a stream of our own begins. All of it is one transaction.
 */

import { mendFile } from "./checkpoint-file.ts"
import { closeCalls } from "./closing-calls.ts"
import { openDatabase } from "./log-database.ts"
import { OpenLog, type LogPlace } from "./open-log.ts"
import { lostSince, succeed } from "./stream-succession.ts"
import type { Request } from "../handover/thread-messages.ts"
import { pruneUsage } from "../usage/usage-pruning.ts"

export function startLog(place: LogPlace, { newStream, nowMs }: Extract<Request, { type: "start" }>): OpenLog {
  const db = openDatabase(place.folder, place.sync)
  try {
    const lastNote = mendFile(place, db)
    const log = new OpenLog(db, place)
    const open = log.openCalls.entries().map(([, call]) => call)
    log.transaction(() => {
      succeed(log, { newStream, nowMs, lost: lostSince(db, log.tail, lastNote) })
      closeCalls(log, open, { outcome: "unknown_after_crash", nowMs })
      log.sign(nowMs)
      log.catchUp()
      pruneUsage(db, nowMs)
    })
    log.fileCheckpoints()
    return log
  } catch (thrown) {
    db.close()
    throw thrown
  }
}
