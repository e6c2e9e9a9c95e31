/** The key that signs the checkpoints of the audit log. */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { defineChange } from "../changes/change-operation.ts"

export const rotateAuditKey = defineChange({
  name: "rotate_audit_key",
  title: "Change the audit log's signing key",
  summary:
    "Makes a new key for the checkpoints of the audit log; the old key signs the new one first, so whoever trusts the old one can go on verifying. What was signed before stays as it is. Use it on a schedule, or when the old key may have been seen. Keep the public key that it answers outside of the gateway, for `mcp-meta verify --public-key`. It cannot be undone, only done again.",
  group: "audit",
  permission: "audit:write",
  effect: "execute",
  risk: "high",
  route: { method: "POST", path: "/audit/key-rotations" },
  input: z.strictObject({}),
  output: z.object({ publicKey: z.string().describe("The new one, in the form of C2SP signed-note: one line.") }),
  draft: async () => {
    const kind = "rotate_audit_key"
    const words = "Signs the audit log with a new key from now on; the old one is kept to verify what it signed."
    return { changes: [{ subject: "deed", name: kind, words, deed: { kind } }], memo: undefined }
  },
  tell: async (_context, _input, { done: { publicKey } }) => {
    if (publicKey === undefined) throw new GatewayError("internal", "There is no new key.")
    return { publicKey }
  },
  say: ({ publicKey }) =>
    `The audit log is signed with a new key from now on. Keep its public key elsewhere: ${publicKey}`,
})
