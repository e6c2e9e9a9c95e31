/** Latencies in bins that grow by a tenth, so that a quantile is within five percent and a tool costs few rows. */

const growth = 1.1
const smallestMs = 0.01

export function binOf(durationMs: number): number {
  if (durationMs <= smallestMs) return 0
  return Math.ceil(Math.log(durationMs / smallestMs) / Math.log(growth))
}

/** The middle of the bin, in ms. */
export function latencyOf(bin: number): number {
  if (bin === 0) return smallestMs
  return smallestMs * growth ** (bin - 0.5)
}
