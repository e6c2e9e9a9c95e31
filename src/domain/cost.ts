/**
 * What a call costs, as the service's file says: so much for each call, for each second the service takes, for each
 * byte that goes in and out. Sums are whole micro-USD, so that they add up exactly.
 */

import * as z from "zod"

const price = (maxUsd: number) => z.number().min(0).max(maxUsd).optional()

export const costSchema = z.strictObject({
  perCallUsd: price(10_000),
  perSecondUsd: price(10_000),
  perByteUsd: price(1),
})

/** In USD. */
export type Cost = z.output<typeof costSchema>

const microPerUsd = 1_000_000
/** So that the costs of many calls add up exactly, whatever a file says. */
const maxCallUsd = 100_000

/** The part that is known before the service has answered. */
export function costBefore(cost: Cost | undefined, bytesIn: number): number {
  return costOf(cost, { computeMs: 0, bytes: bytesIn })
}

/** @returns micro-USD, rounded once for the call, at most 100,000 USD */
export function costOf(
  cost: Cost | undefined,
  { computeMs, bytes }: { readonly computeMs: number; readonly bytes: number },
): number {
  if (!cost) return 0
  const { perCallUsd = 0, perSecondUsd = 0, perByteUsd = 0 } = cost
  const usd = perCallUsd + (perSecondUsd * computeMs) / 1_000 + perByteUsd * bytes
  return Math.round(Math.min(usd, maxCallUsd) * microPerUsd)
}

export function toUsd(microUsd: number): number {
  return microUsd / microPerUsd
}
