/**
 * A log is begun only where there was none: its checkpoints, which are in a file of their own, tell of one that is gone.
 * What of a log is gone that is there is found by its opening (stream-succession.ts).
 */

import { statSync } from "node:fs"
import { join } from "node:path"
import { GatewayError } from "../../../errors.ts"
import { logFile } from "./log-database.ts"

/** To be called before the log is opened. @throws GatewayError `invalid` */
export function refuseLostLog(folder: string): void {
  if (sizeOf(folder, "checkpoints") === 0 || sizeOf(folder, logFile) > 0) return
  throw new GatewayError(
    "invalid",
    "audit/log.db in the data folder is missing or empty, but audit/checkpoints tells of what it held. Restore it from a backup, or move the folder audit away to begin a new log.",
  )
}

/** 0 where there is no such file. */
function sizeOf(folder: string, name: string): number {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
}
