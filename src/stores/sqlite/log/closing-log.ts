/** The clean end of a log: its stream says that it is over, and nothing is left in the WAL. */

import { emptyWal } from "./log-database.ts"
import type { OpenLog } from "./open-log.ts"

export function closeLog(log: OpenLog, nowMs: number): void {
  log.transaction(() => {
    log.append({ kind: "closing", timeMs: nowMs })
    log.sign(nowMs, "final")
    log.catchUp()
  })
  log.fileCheckpoints()
  emptyWal(log.db)
  log.db.close()
}
