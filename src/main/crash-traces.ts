/** Keeps secrets out of what a crash would leave behind: of this process, and of every program that it starts. */

import { writeFileSync } from "node:fs"

/** Node cannot say that no core may be dumped, but Linux lets it say that no memory goes into one; children inherit that. */
export function leaveNoMemory(): void {
  process.report.excludeEnv = true
  try {
    writeFileSync("/proc/self/coredump_filter", "0")
  } catch {
    // Other systems know no such thing.
  }
}
