/** Wires what becomes of a call that goes to a service: through tasks and the bridge between the eras to the fleet. */

import { randomUUID } from "node:crypto"
import { createBridge } from "../call/bridge.ts"
import type { Known } from "../call/resolve.ts"
import type { RouteOptions } from "../call/route.ts"
import { abandonsTasks } from "../call/tasks/abandon-task.ts"
import type { TaskCallsOptions } from "../call/tasks/sent.ts"
import { sendThroughTasks } from "../call/tasks/task-calls.ts"
import type { Config } from "../config.ts"
import type { Stores } from "./stores.ts"

export type SendingOptions = {
  readonly config: Pick<Config, "limits">
  readonly stores: Pick<Stores, "sealer">
  readonly services: { readonly known: () => Known }
  /** Aborts when no more calls are taken. */
  readonly stopping: AbortSignal
}

export function wireSending(
  { config: { limits }, services, stores, stopping }: SendingOptions,
  tasks: TaskCallsOptions,
): Pick<RouteOptions, "send" | "abandon" | "terms" | "bridge"> {
  return {
    send: sendThroughTasks(tasks),
    abandon: abandonsTasks(tasks),
    terms: (service) => services.known().catalog.offers.get(service)?.terms,
    bridge: createBridge({
      sealer: stores.sealer,
      now: Date.now,
      newId: randomUUID,
      parkedMs: limits.parkedMs,
      parkedPerPrincipal: limits.parkedPerPrincipal,
      stopping,
    }),
  }
}
