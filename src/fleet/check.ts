/** Asks a service, now and once, whether it answers. */

import type { HealthCheck } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import { GatewayError } from "../errors.ts"
import type { Endpoint } from "./links/endpoint.ts"
import { ping } from "./links/pinging.ts"
import { worse, type WorkerBreakers } from "./links/worker-breakers.ts"

/** Healthy where one endpoint answers; the message tells of those that do not. */
export async function checkEndpoints(
  { name, health }: ServiceDefinition,
  endpoints: readonly Endpoint[],
  workers: WorkerBreakers,
  elapsed: () => number,
): Promise<HealthCheck> {
  const beganMs = elapsed()
  const outcomes = await Promise.allSettled(endpoints.map((endpoint) => checkOne(endpoint, health.timeoutMs)))
  const silent = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected"
      ? [`${endpoints[index]?.address}: ${GatewayError.from(outcome.reason).message}`]
      : [],
  )
  const refused = endpoints.flatMap(({ address, breaker }, index) => {
    const state = worse(breaker.state, workers.at(index).worst)
    return state === "closed" ? [] : [`${address}: its breaker is ${state.replace("_", "-")}.`]
  })
  const told = [...silent, ...refused]
  const healthy = silent.length < endpoints.length
  return {
    name,
    healthy,
    ...(healthy && { latencyMs: Math.round(elapsed() - beganMs) }),
    ...(told.length > 0 && { message: told.join(" ") }),
  }
}

async function checkOne(endpoint: Endpoint, timeoutMs: number): Promise<void> {
  const late = new AbortController()
  const text = `The service was not connected within ${timeoutMs} ms.`
  const timer = setTimeout(() => late.abort(new GatewayError("timeout", text)), timeoutMs)
  try {
    const link = await endpoint.shared.get(late.signal)
    await ping(link, timeoutMs)
    endpoint.answeredPing()
  } finally {
    clearTimeout(timer)
  }
}
