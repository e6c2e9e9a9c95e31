/** Until when a key or a grant shall be good. */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { isoTime } from "../plain-text.ts"

export const expiryInput = {
  expiresAt: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,12}(Z|[+-]\d\d:\d\d)$/, "use ISO 8601 with a zone")
    .optional()
    .describe("When it ends, such as 2027-01-31T00:00:00Z."),
  expiresInDays: z
    .number()
    .positive()
    .max(3_650)
    .optional()
    .describe("In place of expiresAt. Without either it is good until it is revoked."),
}

type Expiry = { readonly expiresAt?: string | undefined; readonly expiresInDays?: number | undefined }

const dayMs = 86_400_000

/** @throws GatewayError `invalid` */
export function expiryOf({ expiresAt, expiresInDays }: Expiry, nowMs: number): number | undefined {
  if (expiresAt !== undefined && expiresInDays !== undefined) {
    throw new GatewayError("invalid", "Give expiresAt or expiresInDays, not both.")
  }
  if (expiresInDays !== undefined) return Math.round(nowMs + expiresInDays * dayMs)
  return expiresAt === undefined ? undefined : instantToCome(expiresAt, nowMs)
}

/** @throws GatewayError `invalid` */
export function instantToCome(expiresAt: string, nowMs: number): number {
  const atMs = Date.parse(expiresAt)
  if (atMs > nowMs) return atMs
  throw new GatewayError("invalid", `expiresAt must be a time to come; it is ${isoTime(nowMs)} now.`)
}
