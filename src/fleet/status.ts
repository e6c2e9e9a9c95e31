/** What is told of a live service to whoever asks how it is. */

import type { EndpointStatus, ServiceState, ServiceStatus } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import type { ServiceFacts } from "../mcp/client/link.ts"
import type { Endpoint } from "./links/endpoint.ts"
import { addressesOf } from "./links/endpoints.ts"
import { worse, type OfWorkers, type WorkerBreakers } from "./links/worker-breakers.ts"
import type { Listing } from "./lists/listing.ts"
import type { Stats } from "./calls/stats.ts"

export type StatusSource = {
  readonly definition: ServiceDefinition
  readonly state: ServiceState
  readonly facts: ServiceFacts | undefined
  readonly endpoints: readonly Endpoint[]
  readonly workers: WorkerBreakers
  readonly listing: Listing
  readonly stats: Stats
}

export function readStatus({ definition, state, facts, listing, stats, ...source }: StatusSource): ServiceStatus {
  const { lists, offer, stale } = listing
  const known = facts ?? lists?.facts
  return {
    ...namesOf(definition),
    state,
    ...(known && { era: known.era, revision: known.revision }),
    endpoints: source.endpoints.map(({ status }, index) => withWorkers(status, source.workers.at(index))),
    tools: offer?.items.tools.length ?? 0,
    prompts: offer?.items.prompts.length ?? 0,
    resources: offer?.items.resources.length ?? 0,
    ...stats.read(),
    ...(lists && { listedAtMs: lists.listedAtMs }),
    stale,
  }
}

/** Of a service that is not live: not meant to be, or not yet. */
export function idleStatus(definition: ServiceDefinition): ServiceStatus {
  const endpoints = addressesOf(definition).map(({ address }) => ({
    address,
    healthy: false,
    breaker: "closed" as const,
    inFlight: 0,
    waiting: 0,
  }))
  const counts = { tools: 0, prompts: 0, resources: 0, calls: 0, errors: 0 }
  return {
    ...namesOf(definition),
    ...counts,
    state: definition.enabled ? "starting" : "disabled",
    endpoints,
    stale: false,
  }
}

/** Of what works here, some calls may be refused where workers have found out otherwise. */
export function stateOf(endpoints: readonly Endpoint[], workers: WorkerBreakers): ServiceState {
  const healthy = endpoints.filter((endpoint) => endpoint.healthy).length
  if (healthy > 0) return healthy === endpoints.length && !workers.isAnyOpen ? "up" : "degraded"
  return endpoints.some(({ shared }) => shared.link || shared.lastError) ? "down" : "starting"
}

function withWorkers(status: EndpointStatus, { worst, open }: OfWorkers): EndpointStatus {
  return { ...status, breaker: worse(status.breaker, worst), ...(open > 0 && { openWorkers: open }) }
}

function namesOf({ name, title, type }: ServiceDefinition): Pick<ServiceStatus, "name" | "title" | "transport"> {
  return { name, transport: type, ...(title !== undefined && { title }) }
}
