/** Erasing what the audit log keeps of arguments and results. What is on record stays on record. */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { instantInput, instantOf } from "../instant-input.ts"
import { defineChange } from "../changes/change-operation.ts"
import { isoTime } from "../plain-text.ts"

export const auditErase = defineChange({
  name: "audit_erase",
  title: "Erase redacted copies from the audit log",
  summary:
    "Erases the redacted copies of arguments and results that the audit log keeps beside its entries: those of one principal, of one call, or all before a time; where several are given all must fit. Those of your own calls stay, whatever you give: another principal erases them. It cannot be undone. The entries themselves stay, with who, what, when and digests, so the chain stays valid and audit_verify stays ok; an entry of kind erasure says that you did it. See what there is with audit_query first.",
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
    .refine(
      ({ principal, call_id: callId, to }) => [principal, callId, to].some((given) => given !== undefined),
      "give at least one of principal, call_id and to",
    ),
  output: z.object({ erased: z.int().describe("How many copies.") }),
  draft: async ({ actor, nowMs }, { principal, call_id: callId, to }) => {
    const { name: except } = actor.principal
    assertNotOwnCopies(except, principal)
    const filter = {
      except,
      ...(principal !== undefined && { principal }),
      ...(callId !== undefined && { callId }),
      ...(to !== undefined && { toMs: instantOf("to", to, nowMs) }),
    }
    const words = `Erases redacted copies from the audit log for good: ${wordsOf(filter)}.`
    const kind = "audit_erase"
    return { changes: [{ subject: "deed", name: kind, words, deed: { kind, filter } }], memo: undefined }
  },
  tell: async (_context, _input, { done: { erased = 0 } }) => ({ erased }),
  say: ({ erased }) =>
    `${erased} redacted copies are erased; the entries themselves and their chain are as they were.`,
})

type Filter = { readonly principal?: string; readonly callId?: string; readonly toMs?: number }

function wordsOf({ principal, callId, toMs }: Filter): string {
  const parts = [
    principal === undefined ? undefined : `those of ${principal}`,
    callId === undefined ? undefined : `those of the call ${callId}`,
    toMs === undefined ? undefined : `those before ${isoTime(toMs)}`,
  ]
  return parts.filter((part) => part !== undefined).join(", and of them ")
}

/** @throws GatewayError `forbidden`: what somebody did is for others to judge */
function assertNotOwnCopies(own: string, principal: string | undefined): void {
  if (principal !== own) return
  throw new GatewayError(
    "forbidden",
    "Nobody erases what is kept of their own calls; ask another principal that holds audit:write.",
  )
}
