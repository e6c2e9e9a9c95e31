/** Writes all batches that wait in one transaction: one commit, and one sync, for many entries. */

import { failpoint } from "../../../failpoint.ts"
import { readFrame } from "../handover/batch-frame.ts"
import type { OpenLog } from "./open-log.ts"
import { settleDraft } from "./settled-draft.ts"
import type { ToThread } from "../handover/thread-messages.ts"

export type Batch = Extract<ToThread, { type: "batch" }>

/** They are on record when it returns. */
export function commitGroup(log: OpenLog, batches: readonly Batch[]): void {
  failpoint("audit.lost")
  log.transaction(() => {
    failpoint("audit.write.before")
    for (const batch of batches) appendBatch(log, batch)
    failpoint("audit.write.after")
    failpoint("audit.sync.before")
  })
  failpoint("audit.sync.after")
}

function appendBatch(log: OpenLog, { frame }: Batch): void {
  for (const { draft, ...parts } of readFrame(frame)) log.append(settleDraft(draft), parts)
}
