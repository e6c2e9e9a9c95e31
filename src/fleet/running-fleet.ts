/** The fleet as those meet it who start and stop it, and who tell it what workers do. What it is: registry.ts. */

import type { Offer } from "../domain/catalog.ts"
import type { Fleet, ServiceState } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import type { Served } from "./calls/stats.ts"
import type { BreakerState } from "./links/breaker.ts"

export type RunningFleet = Fleet & {
  /** `removed` where there is none. */
  stateOf(service: string): ServiceState | "removed"
  /** Undefined while it is not live. */
  definitionOf(service: string): ServiceDefinition | undefined
  /** Undefined while it is not live, or was never heard. */
  offerOf(service: string): Offer | undefined
  /** Whether it may matter to the service which process sends a call. */
  remembers(service: string): boolean
  /** A call that a worker has sent. */
  noteServed(service: string, served: Served): void
  /** @param states of the breakers that a worker has, by endpoint; none where it has none any more */
  noteBreakers(service: string, worker: string, states: readonly BreakerState[]): void
  start(): Promise<void>
  stop(graceMs: number): Promise<void>
}
