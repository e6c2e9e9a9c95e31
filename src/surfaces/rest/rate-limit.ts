/**
 * How the quotas of a call stand, as HTTP says it: which there are, and what is left of each.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */

import type { AllowanceState } from "../../call/limit.ts"
import { windowLengthMs } from "../../domain/quota/window.ts"

/** Bytes, time and cost have no unit there that clients would know. */
const unitWords: Readonly<Record<string, string>> = { calls: "", bytes: ';qu="content-bytes"' }

export function rateLimitHeaders(states: readonly AllowanceState[], nowMs: number): Record<string, string> {
  const told = states.filter(({ quota: { unit } }) => unit in unitWords)
  if (told.length === 0) return {}
  return {
    "ratelimit-policy": told.map((state) => policyOf(state)).join(", "),
    ratelimit: told.map((state) => leftOf(state, nowMs)).join(", "),
  }
}

function policyOf({ quota: { id, unit, window }, limit }: AllowanceState): string {
  return `"${id}";q=${limit}${unitWords[unit]};w=${Math.ceil(windowLengthMs(window) / 1_000)}`
}

function leftOf({ quota: { id }, used, limit, resetsAtMs }: AllowanceState, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((resetsAtMs - nowMs) / 1_000))
  return `"${id}";r=${Math.max(0, Math.floor(limit - used))};t=${seconds}`
}
