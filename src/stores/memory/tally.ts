/** What counters.ts asks of the counting of one key, whatever its algorithm. Changes nothing but itself. */

import type { Count, Rule } from "../../domain/quota/counters.ts"

export interface Tally {
  /** @returns 0 where the amount fits now, else after how many ms it would if no more is used */
  waitMs(rule: Rule, amount: number, nowMs: number): number
  /** Counts now, on a clock that never goes back. */
  take(rule: Rule, amount: number, nowMs: number): void
  /** Counts what has happened, or gives it back. */
  add(rule: Rule, amount: number, atMs: number): void
  count(rule: Rule, nowMs: number): Count
  /** Whether it knows nothing that matters any more. */
  isIdle(rule: Rule, nowMs: number): boolean
}

/** Whether an amount is left; of a charge of nothing, whether anything is. */
export function fits(used: number, amount: number, limit: number): boolean {
  return used + Math.max(amount, 1) <= limit
}
