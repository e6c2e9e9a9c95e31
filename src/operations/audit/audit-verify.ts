/** Whether the audit log is what was written. How that is found out: domain/audit/verify.ts. */

import * as z from "zod"
import { verdictSchema, type Verdict } from "../../domain/audit/verdict.ts"
import { rangeInput, rangeOf } from "../instant-input.ts"
import { defineOperation } from "../operation.ts"
import { inTurn } from "../changes/turn.ts"

export const auditVerify = defineOperation({
  name: "audit_verify",
  title: "Verify the audit log",
  summary:
    "Reads the audit log, or a range of it, and verifies every hash, the chain, and every signed checkpoint. Answers ok, or the first bad entry and what is wrong with it; and always what the log alone cannot exclude. Changes nothing; takes seconds for a million entries. Where it is not ok, look around that place with audit_query, and compare with exports and checkpoints that are kept elsewhere.",
  group: "audit",
  permission: "audit:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/audit/verdict" },
  input: z.strictObject(rangeInput),
  output: z.object({ ...verdictSchema.shape, entriesPerSecond: z.number() }),
  run: async ({ audit, nowMs, signal }, input) => {
    const range = rangeOf(input, nowMs)
    // Each reads the whole log: one at a time, however many are asked for
    return inTurn(audit, async () => {
      signal.throwIfAborted()
      const begunMs = performance.now()
      const verdict = await audit.verify(range, signal)
      const seconds = (performance.now() - begunMs) / 1_000
      return { ...verdict, entriesPerSecond: Math.round(verdict.entries / Math.max(seconds, 0.001)) }
    })
  },
  say: (verdict) =>
    [sayFinding(verdict), ...verdict.cannotExclude.map((text) => `Cannot be excluded: ${text}`)].join("\n"),
})

function sayFinding({ damage, entries, streams, checkpoints }: Verdict): string {
  if (damage) {
    return `The audit log is damaged. The first bad entry is ${damage.seq} of stream ${damage.stream} (${damage.kind}): ${damage.message}`
  }
  return `The audit log is whole: ${entries} entries in ${streams} ${streams === 1 ? "stream" : "streams"}, ${checkpoints} signed checkpoints.`
}
