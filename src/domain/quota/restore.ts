/**
 * What quotas have counted, counted again from the audit log: at the start of the gateway, and where a quota's
 * counting begins anew because what it counts was changed. What was used before a quota was made is not counted.
 *
 * Exact for windows of the calendar and for sliding ones. Of a window that a use begins, the beginning is not known:
 * it is taken to be as early as it can have been. Of a bucket it is not known how full it was two windows ago: it is
 * taken to have been empty. So a restart hands out nothing twice.
 */

import type { PastUse, Usage } from "../usage.ts"
import { countedOf } from "./amount.ts"
import { compileQuotas, type AppliedQuota, type CountedCall } from "./compiled-quotas.ts"
import type { Counters } from "./counters.ts"
import type { Quota } from "./quota.ts"
import { calendarSpan, windowLengthMs } from "./window.ts"

export type Restoring = { readonly counters: Pick<Counters, "add">; readonly past: Usage["past"] }

/** @param nowMs what happens from then on is counted as it happens */
export async function restoreCounts(
  quotas: readonly Quota[],
  { counters, past }: Restoring,
  nowMs: number,
): Promise<void> {
  const since = new Map(quotas.map((quota) => [quota.id, sinceMs(quota, nowMs)]))
  const earliestMs = Math.min(...since.values())
  if (quotas.length === 0 || earliestMs >= nowMs) return
  const compiled = compileQuotas(quotas)
  const begun = new Set<string>()
  for await (const use of past(earliestMs, nowMs)) {
    for (const applied of compiled.find(callOf(use))) {
      const startMs = since.get(applied.quota.id) ?? nowMs
      if (use.timeMs < startMs) continue
      if (!begun.has(applied.key)) await begin(counters, applied, startMs)
      begun.add(applied.key)
      await count(counters, applied, use)
    }
  }
}

function sinceMs({ algorithm, window, createdAtMs }: Quota, nowMs: number): number {
  return Math.max(createdAtMs, windowsBack({ algorithm, window }, nowMs))
}

function windowsBack({ algorithm, window }: Pick<Quota, "algorithm" | "window">, nowMs: number): number {
  if (algorithm === "token_bucket") return nowMs - 2 * windowLengthMs(window)
  if (window.align === "calendar") return calendarSpan(window, nowMs).startMs
  return nowMs - windowLengthMs(window)
}

function callOf({ principalId, keyId, team, service, tool }: PastUse): CountedCall {
  return { principalId, keyId, team, service, canonicalName: tool }
}

type Counting = Restoring["counters"]

async function begin(counters: Counting, { quota, key, rule }: AppliedQuota, startMs: number): Promise<void> {
  if (quota.algorithm !== "token_bucket" || startMs <= quota.createdAtMs) return
  await counters.add([{ key, rule, amount: rule.limit }], startMs)
}

async function count(counters: Counting, { quota, key, rule }: AppliedQuota, use: PastUse): Promise<void> {
  const amount = countedOf(quota.unit, use)
  if (amount === 0) return
  const [now] = await counters.add([{ key, rule, amount }], use.timeMs)
  const excess = (now?.used ?? 0) - rule.limit
  if (excess > 0 && isExact(quota)) await counters.add([{ key, rule, amount: -excess }], use.timeMs)
}

/** Where a call was let through, its bucket cannot have held less than the call took. */
function isExact({ algorithm, unit, action }: Quota): boolean {
  return algorithm === "token_bucket" && unit === "calls" && action === "refuse"
}
