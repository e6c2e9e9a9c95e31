/** The endpoints of one service as its definition names them, each watched. */

import type { ServiceDefinition } from "../../domain/services/service.ts"
import { redactDefinition } from "../../domain/services/service-shown.ts"
import { shareOfOwner } from "../calls/share.ts"
import type { Breaker } from "./breaker.ts"
import type { Connector } from "./connector.ts"
import type { LinkContext } from "../context.ts"
import { Endpoint } from "./endpoint.ts"
import { maySpeakFor } from "./link-key.ts"
import type { OfWorkers, WorkerBreakers } from "./worker-breakers.ts"
import type { LinkPool } from "./link-pool.ts"
import { noMembers, toRawObject, type RawObject } from "../../mcp/raw-json.ts"
import type { Fault } from "../lists/lists.ts"

export type EndpointsOptions = {
  readonly definition: ServiceDefinition
  readonly context: LinkContext
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
  const { elapsed, random, limits, workers = 0 } = context
  const maxInside = shareOfOwner(definition, workers)
  return addressesOf(definition).map(
    ({ address, weight }, index) =>
      new Endpoint({
        id: String(index),
        address,
        weight,
        pool,
        elapsed,
        random,
        connect: (capabilities) => connector.connect(index, capabilities),
        capabilities: sharedCapabilities(definition),
        limits: { maxInside, maxWaiting: limits.queue },
        breaker: hasOwnPrograms(definition) ? never : definition.breaker,
        pingTimeoutMs: definition.health.timeoutMs,
        onUp,
        onDown: onChange,
        onHealth: onChange,
      }),
  )
}

/** A program of one caller's own says nothing of another's, and has its backoff. */
function hasOwnPrograms({ type, isolation }: ServiceDefinition): boolean {
  return type === "stdio" && isolation !== "shared"
}

const never = { failures: 0, failurePercent: 0, calls: 1, windowMs: 0, waitMs: 0, maxWaitMs: 0 }

/** What any client of ours may be asked, in each way that a service may ask. */
const everything = toRawObject({ elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} })

/**
 * Where every caller has a program of its own, the shared one is there for its lists alone, and there are programs that
 * list some tools only to clients that they may ask.
 */
function sharedCapabilities(definition: ServiceDefinition): RawObject {
  return definition.type === "stdio" && maySpeakFor(definition) ? everything : noMembers
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
export function findEndpointFaults(endpoints: readonly Endpoint[], workers: WorkerBreakers): Fault[] {
  return endpoints.flatMap(({ address, healthy, answers, shared, breaker }, index) => {
    if (healthy) return workerFaults(address, workers.at(index))
    if (breaker.cause) return [{ subject: address, message: breakerFault(breaker) }]
    if (shared.link && !answers) return [{ subject: address, message: "It is connected, but does not answer." }]
    return shared.lastError ? [{ subject: address, message: shared.lastError.message }] : []
  })
}

function workerFaults(subject: string, { open }: OfWorkers): Fault[] {
  if (open === 0) return []
  const who = `${open} of the gateway's workers, which ${open === 1 ? "leaves" : "leave"} it alone for a while`
  return [{ subject, message: `It failed too often for ${who}. Calls that other processes make still reach it.` }]
}

function breakerFault({ state, cause }: Breaker): string {
  const then = state === "open" ? "it gets no calls for a while" : "the next call tries whether it is well again"
  return `It failed too often, and ${then}. The last failure: ${cause?.message ?? ""}`
}
