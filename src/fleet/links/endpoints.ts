/** The endpoints of one service as its definition names them, each watched. */

import type { ServiceDefinition } from "../../domain/service.ts"
import { redactDefinition } from "../../domain/service-shown.ts"
import type { Connector } from "./connector.ts"
import type { FleetContext } from "../context.ts"
import { Endpoint } from "./endpoint.ts"
import type { LinkPool } from "./link-pool.ts"
import type { Fault } from "../lists/lists.ts"

export type EndpointsOptions = {
  readonly definition: ServiceDefinition
  readonly context: FleetContext
  readonly connector: Connector
  readonly pool: LinkPool
  /** A shared connection was made. */
  readonly onUp: () => void
  /** Anything else of an endpoint changed. */
  readonly onChange: () => void
}

export function openEndpoints({
  definition,
  context,
  connector,
  pool,
  onUp,
  onChange,
}: EndpointsOptions): Endpoint[] {
  const { now, random, limits } = context
  return addressesOf(definition).map(
    ({ address, weight }, index) =>
      new Endpoint({
        id: String(index),
        address,
        weight,
        pool,
        now,
        random,
        connect: (capabilities) => connector.connect(index, capabilities),
        limits: { maxInside: definition.concurrency, maxWaiting: limits.queue },
        onUp,
        onDown: onChange,
        onHealth: onChange,
      }),
  )
}

/** As they may be shown. */
export function addressesOf(
  definition: ServiceDefinition,
): { readonly address: string; readonly weight: number }[] {
  const shown = redactDefinition(definition)
  if (shown.type === "stdio") return [{ address: shown.command, weight: 1 }]
  return shown.endpoints.map(({ url, weight }) => ({ address: url, weight }))
}

/** What is wrong with the connections now. */
export function findEndpointFaults(endpoints: readonly Endpoint[]): Fault[] {
  return endpoints.flatMap(({ address, healthy, shared }) => {
    if (healthy) return []
    if (shared.link) return [{ subject: address, message: "It is connected, but does not answer." }]
    return shared.lastError ? [{ subject: address, message: shared.lastError.message }] : []
  })
}
