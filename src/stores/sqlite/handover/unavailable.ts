/** The refusal of what cannot be recorded. */

import { GatewayError } from "../../../errors.ts"

const retryAfterMs = 1_000

/** @param reason safe to show; no sentence */
export function unavailable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError("audit_unavailable", `The audit log takes no entries now: ${reason}.`, {
    retryAfterMs,
    ...(cause !== undefined && { cause }),
  })
}
