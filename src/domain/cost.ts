/**
 * What a call costs, as the service's file says: so much for each call, for each second the service takes, for each
 * byte that goes in and out. Sums are whole micro-USD, so that they add up exactly.
 */

import * as z from "zod"

const price = z.number().min(0).max(1_000_000)

export const costSchema = z.strictObject({
  perCallUsd: price.optional(),
  perSecondUsd: price.optional(),
  perByteUsd: price.optional(),
})

/** In USD. */
export type Cost = z.output<typeof costSchema>

const microPerUsd = 1_000_000

/** The part that is known before the service has answered. */
export function costBefore(cost: Cost | undefined, bytesIn: number): number {
  return costOf(cost, { computeMs: 0, bytes: bytesIn })
}

/** @returns micro-USD, rounded once for the call */
export function costOf(
  cost: Cost | undefined,
  { computeMs, bytes }: { readonly computeMs: number; readonly bytes: number },
): number {
  if (!cost) return 0
  const { perCallUsd = 0, perSecondUsd = 0, perByteUsd = 0 } = cost
  return Math.round((perCallUsd + (perSecondUsd * computeMs) / 1_000 + perByteUsd * bytes) * microPerUsd)
}

export function toUsd(microUsd: number): number {
  return microUsd / microPerUsd
}
