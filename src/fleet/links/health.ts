/**
 * The verdict on one endpoint, from pings and from the calls that pass: three failures in a row make it unhealthy, one
 * success makes it healthy. What follows from the verdict: balance.ts.
 */

const failuresToUnhealthy = 3

export type Health = { readonly healthy: boolean; readonly failures: number }

export const healthyAtFirst: Health = { healthy: true, failures: 0 }

export function afterSuccess(health: Health): Health {
  return health.failures === 0 ? health : healthyAtFirst
}

export function afterFailure({ failures }: Health): Health {
  return { healthy: failures + 1 < failuresToUnhealthy, failures: failures + 1 }
}
