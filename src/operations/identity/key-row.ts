/** A key as operations show it: never its text, never its hash. */

import * as z from "zod"
import type { Key } from "../../domain/principal.ts"
import { isLive } from "./identity-rules.ts"
import { isoTime } from "../plain-text.ts"

export const keyRow = z.object({
  id: z.string(),
  principal: z.string().describe("The name of whom it lets in."),
  label: z.string(),
  state: z.enum(["live", "expired", "revoked"]),
  createdAt: z.string().describe("ISO 8601, UTC."),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
})

export function toKeyRow(key: Key, principal: string, nowMs: number): z.input<typeof keyRow> {
  const { id, label, createdAtMs, expiresAtMs, revokedAtMs } = key
  return {
    id,
    principal,
    label,
    state: isLive(key, nowMs) ? "live" : revokedAtMs === undefined ? "expired" : "revoked",
    createdAt: isoTime(createdAtMs),
    expiresAt: expiresAtMs === undefined ? undefined : isoTime(expiresAtMs),
    revokedAt: revokedAtMs === undefined ? undefined : isoTime(revokedAtMs),
  }
}
