/**
 * Amounts as they are counted: whole numbers, so that sums never drift. Time is counted in µs and cost in micro-USD;
 * calls and bytes as they are.
 */

export const quotaUnits = ["calls", "bytes", "compute_ms", "cost_usd"] as const
export type QuotaUnit = (typeof quotaUnits)[number]

const perUnit = { calls: 1, bytes: 1, compute_ms: 1_000, cost_usd: 1_000_000 } as const satisfies Record<
  QuotaUnit,
  number
>

/** Far enough below 2^53 that what is counted stays exact, whatever is added to it. */
export const maxAmount = 2 ** 50

/** What a limit or a use in the quota's unit is as a counted amount; not whole where it has too many decimals. */
export function amountOf(unit: QuotaUnit, value: number): number {
  const amount = value * perUnit[unit]
  const whole = Math.round(amount)
  // 0.07 * 1e6 is 70000.00000000001
  return Math.abs(amount - whole) < 1e-3 && unit === "cost_usd" ? whole : amount
}

/** A counted amount in the quota's unit. */
export function fromAmount(unit: QuotaUnit, amount: number): number {
  return amount / perUnit[unit]
}

/** What one call uses. */
export type Uses = {
  readonly calls: number
  readonly bytes: number
  readonly computeMs: number
  readonly costMicroUsd: number
}

/** What of a call a quota in this unit counts, rounded to whole. */
export function countedOf(unit: QuotaUnit, uses: Uses): number {
  return Math.min(Math.round(usedOf(unit, uses)), maxAmount)
}

function usedOf(unit: QuotaUnit, { calls, bytes, computeMs, costMicroUsd }: Uses): number {
  return { calls, bytes, compute_ms: computeMs * perUnit.compute_ms, cost_usd: costMicroUsd }[unit]
}
