/** Says once in a window that a quota has reached a percentage it should be told of. Who counts: limit.ts. */

import { fromAmount } from "../domain/quota/amount.ts"
import type { AppliedQuota } from "../domain/quota/compiled-quotas.ts"
import type { Count } from "../domain/quota/counters.ts"
import type { Quota } from "../domain/quota/quota.ts"
import { windowLengthMs } from "../domain/quota/window.ts"

export type QuotaAlert = {
  readonly quota: Quota
  /** Whose use it is, where each principal has its own. */
  readonly principalId?: string
  readonly percent: number
  /** In the quota's unit. */
  readonly used: number
  readonly limit: number
}

/** The highest percentage told of, and until when none below or at it is told again. */
type Told = { readonly percent: number; readonly untilMs: number }

/** Keys remembered; the one told of longest ago is forgotten first. */
const maxTold = 10_000

export class QuotaAlerts {
  readonly #onAlert: (alert: QuotaAlert) => void
  readonly #told = new Map<string, Told>()

  constructor(onAlert: (alert: QuotaAlert) => void) {
    this.#onAlert = onAlert
  }

  look(applied: readonly AppliedQuota[], counts: readonly Count[], nowMs: number): void {
    for (const [at, { quota, key }] of applied.entries()) {
      const count = counts[at]
      const percent = count && reached(quota, count)
      if (count && percent !== undefined && !this.#isTold(key, percent, nowMs)) {
        this.#remember(key, { percent, untilMs: untilMs(quota, count, nowMs) })
        const principalId = quota.subject.kind === "each_principal" ? key.slice(key.indexOf("/") + 1) : undefined
        const used = fromAmount(quota.unit, count.used)
        this.#onAlert({
          quota,
          percent,
          used,
          limit: quota.limit,
          ...(principalId !== undefined && { principalId }),
        })
      }
    }
  }

  #isTold(key: string, percent: number, nowMs: number): boolean {
    const told = this.#told.get(key)
    return told !== undefined && nowMs < told.untilMs && percent <= told.percent
  }

  #remember(key: string, told: Told): void {
    this.#told.delete(key)
    const [oldest] = this.#told.size >= maxTold ? this.#told.keys() : []
    if (oldest !== undefined) this.#told.delete(oldest)
    this.#told.set(key, told)
  }
}

function reached({ alertAt }: Quota, { used, limit }: Count): number | undefined {
  return alertAt.findLast((percent) => used > 0 && used * 100 >= limit * percent)
}

/** Only windows that are fixed end for all at once; of others, the time of one is waited. */
function untilMs({ algorithm, window }: Quota, { resetsAtMs }: Count, nowMs: number): number {
  return algorithm === "fixed_window" ? resetsAtMs : nowMs + windowLengthMs(window)
}
