/**
 * A bad network between the gateway and a service: a fault in the middle of calls, over each transport. Every caller is
 * told in time, and once the fault is over the service answers again by itself.
 */

import type { Ground } from "../world/ground.ts"
import { startFaultd } from "./faultd.ts"
import type { NetworkFault } from "./faults.ts"
import { inject, type Injected } from "./inject.ts"

const definitions = {
  modern: (port: number) => ({ type: "http", url: `http://127.0.0.1:${port}/modern` }),
  legacy: (port: number) => ({ type: "http", url: `http://127.0.0.1:${port}/legacy` }),
  sse: (port: number) => ({ type: "sse", url: `http://127.0.0.1:${port}/sse` }),
  websocket: (port: number) => ({ type: "websocket", url: `ws://127.0.0.1:${port}/websocket` }),
}

export type Transport = keyof typeof definitions
export const transports = Object.keys(definitions) as readonly Transport[]

/** By when every caller is told. */
export const deadlineMs = 1_000
const limits = { timeoutMs: deadlineMs, maxTimeMs: deadlineMs }
/** A dead connection is found soon, so that many can be tried. */
const health = { intervalMs: 500, timeoutMs: 400 }

/** For what is to be answered, however slow the machine. */
export const amplyMs = 10_000

/** Something for the network to cut in two. */
export const values = { padding: "x".repeat(600) }

let services = 0

/** Of a service that has its time, as it should. */
export function soundAt(transport: Transport, port: number): object {
  return { ...definitions[transport](port), timeoutMs: amplyMs, maxTimeMs: amplyMs }
}

/** @param target the port of a service that behaves. Each time it gets a name of which nothing bad is known yet. */
export async function spoilService(
  ground: Ground,
  { fault, transport, target }: { fault: NetworkFault; transport: Transport; target: number },
): Promise<Injected> {
  const faultd = await startFaultd(target)
  const name = `spoilt-${transport}-${++services}`
  const call = () => ground.ask(name, { values })
  const sound = soundAt(transport, faultd.port)
  try {
    await ground.add(name, fault.harmless ? sound : { ...sound, ...limits, health })
    return await inject(fault, { faultd, way: `${transport} to a service`, call })
  } finally {
    await ground.remove(name)
    await faultd.close()
  }
}
