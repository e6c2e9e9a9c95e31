/** Sums of what was used, as operations show them. */

import * as z from "zod"
import type { UsageSums } from "../../domain/usage.ts"
import { toUsd } from "../../domain/cost.ts"

export const sumsOutput = {
  calls: z.int().describe("Those that have ended, whatever their outcome."),
  errors: z.int().describe("Of them, those that did not end well."),
  bytesIn: z.number().describe("Of arguments."),
  bytesOut: z.number().describe("Of results."),
  computeMs: z.number().describe("What the services took."),
  durationMs: z.number().describe("From the arrival of the calls to their answers."),
  costUsd: z.number(),
}

export function toSums({
  calls,
  errors,
  bytesIn,
  bytesOut,
  computeMs,
  durationMs,
  costMicroUsd,
}: UsageSums): z.input<z.ZodObject<typeof sumsOutput>> {
  return { calls, errors, bytesIn, bytesOut, computeMs, durationMs, costUsd: toUsd(costMicroUsd) }
}
