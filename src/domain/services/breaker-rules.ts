/** When an endpoint of a service that goes on failing gets no calls for a while. */

import * as z from "zod"

export type BreakerRules = {
  /** Failures in a row that are too many; 0: no number is. */
  readonly failures: number
  /** Share of failed calls in a window that is too much; 0: no share is. */
  readonly failurePercent: number
  /** How many calls a window must have before their share counts. */
  readonly calls: number
  readonly windowMs: number
  /** The first wait; it doubles up to `maxWaitMs` as long as the endpoint goes on failing. */
  readonly waitMs: number
  readonly maxWaitMs: number
}

const ms = z.int().min(1).max(86_400_000)

/** What a service's file may say of it. */
export const breakerFields = z.strictObject({
  failures: z.int().min(0).max(1_000_000).optional(),
  failurePercent: z.int().min(0).max(100).optional(),
  calls: z.int().min(1).max(1_000_000).optional(),
  windowMs: ms.optional(),
  waitMs: ms.optional(),
  maxWaitMs: ms.optional(),
})

/** @param said the rest is as usual */
export function readBreaker(said: z.output<typeof breakerFields> = {}): BreakerRules {
  return {
    failures: said.failures ?? 3,
    failurePercent: said.failurePercent ?? 50,
    calls: said.calls ?? 20,
    windowMs: said.windowMs ?? 30_000,
    waitMs: said.waitMs ?? 1_000,
    maxWaitMs: said.maxWaitMs ?? 60_000,
  }
}
