/** Erasing what the audit log keeps of arguments and results. What is on record stays on record. */

import * as z from "zod"
import { instantInput, instantOf } from "./instant-input.ts"
import { defineOperation } from "./operation.ts"

export const auditErase = defineOperation({
  name: "audit_erase",
  title: "Erase redacted copies from the audit log",
  summary:
    "Erases the redacted copies of arguments and results that the audit log keeps beside its entries: those of one principal, of one call, or all before a time; where several are given all must fit. It cannot be undone. The entries themselves stay, with who, what, when and digests, so the chain stays valid and audit_verify stays ok; an entry of kind erasure says that you did it. See what there is with audit_query first.",
  group: "audit",
  permission: "audit:write",
  effect: "delete",
  risk: "high",
  route: { method: "DELETE", path: "/audit/copies" },
  input: z
    .strictObject({
      principal: z.string().min(1).max(64).exactOptional().describe("By name; it need not exist any more."),
      call_id: z.string().min(1).max(256).exactOptional(),
      to: instantInput
        .exactOptional()
        .describe("Only what is older: an instant of ISO 8601 with its zone, or -90d."),
    })
    .refine((input) => Object.keys(input).length > 0, "give at least one of principal, call_id and to"),
  output: z.object({ erased: z.int().describe("How many copies.") }),
  run: async ({ audit, nowMs }, { principal, call_id: callId, to }) => {
    const filter = {
      ...(principal !== undefined && { principal }),
      ...(callId !== undefined && { callId }),
      ...(to !== undefined && { toMs: instantOf("to", to, nowMs) }),
    }
    return { erased: await audit.erase(filter, nowMs) }
  },
  say: ({ erased }) =>
    `${erased} redacted copies are erased; the entries themselves and their chain are as they were.`,
})
