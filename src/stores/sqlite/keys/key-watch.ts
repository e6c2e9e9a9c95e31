/**
 * Tells when the files of the keys are gone while the log still goes on with what it has read of them: the next start
 * could not. What is in them: keys.ts.
 */

import type { AuditWriterOptions } from "../writer-options.ts"
import { missingKeys } from "./keys.ts"

type Watched = Pick<AuditWriterOptions, "keysFolder" | "onCheckpoint" | "onKeyWarning">

/** Looks at each checkpoint. @returns what is to be told of one in place of the `onCheckpoint` given */
export function watchingKeys(options: Watched): Watched["onCheckpoint"] {
  let isTold = false
  const look = async (): Promise<void> => {
    const missing = await missingKeys(options.keysFolder)
    const isAny = missing.length > 0
    if (isAny === isTold) return
    isTold = isAny
    options.onKeyWarning?.(isAny ? warningOf(missing) : undefined)
  }
  return (head) => {
    options.onCheckpoint(head)
    void look()
  }
}

function warningOf(missing: readonly string[]): string {
  const names = missing.join(", ")
  return `${names} in the data folder can no longer be found; restore what is missing from a backup before the gateway is stopped, or it will not start with this log again`
}
