/** Opens the guard of a door's connections, with no more of them than the system gives the process descriptors for. */

import { readFileSync } from "node:fs"
import type { Config } from "../config.ts"
import type { GatewayError } from "../errors.ts"
import { DoorConnections, type DoorConnectionsOptions } from "../surfaces/http/connections.ts"
import type { Closers } from "./closers.ts"

export type ConnectionsOptions = Pick<DoorConnectionsOptions, "shedding"> & {
  readonly config: Config
  readonly onRefused: (address: string, thrown: GatewayError) => Promise<unknown>
}

/** For files, services, programs, and those who are told that there is no room: at least so many, and a quarter of all. */
const leastKept = 160

export function openConnections(
  { config, shedding, onRefused }: ConnectionsOptions,
  closers: Closers,
): DoorConnections {
  const { limits, trustedProxies, workers } = config
  const share = (all: number): number => Math.ceil(all / workers)
  const connections = new DoorConnections({
    limits: {
      ...limits,
      connections: Math.min(share(limits.connections), roomForConnections()),
      connectionsPerSource: share(limits.connectionsPerSource),
    },
    trustedProxies,
    shedding,
    onRefused: (address, thrown) => void onRefused(address, thrown),
  })
  closers.add(() => connections.close())
  return connections
}

function roomForConnections(): number {
  const descriptors = maxDescriptors()
  const kept = Math.max(leastKept, Math.floor(descriptors / 4))
  return Math.max(1, descriptors - kept)
}

/** Where the system tells; elsewhere the settings alone count. */
function maxDescriptors(): number {
  try {
    const [, max] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? []
    return max === undefined ? Number.POSITIVE_INFINITY : Number(max)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
