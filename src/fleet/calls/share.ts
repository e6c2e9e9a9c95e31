/**
 * The calls that an endpoint may have open, shared out among the processes that send to it, so that all together never
 * pass what its service's file says.
 */

import type { ServiceDefinition } from "../../domain/services/service.ts"

/**
 * Of each worker; 0 where all calls are the owner's: those of a program, which runs once, of a service that keeps
 * something for a caller on one connection, or of one that takes too few at once to share them out.
 */
export function shareOfWorker({ type, isolation, concurrency }: ServiceDefinition, workers: number): number {
  if (workers < 1 || type !== "http" || isolation !== "shared") return 0
  return Math.floor(concurrency / (workers + 1))
}

/** What the workers leave to their owner. */
export function shareOfOwner(definition: ServiceDefinition, workers: number): number {
  return definition.concurrency - Math.max(0, workers) * shareOfWorker(definition, workers)
}
