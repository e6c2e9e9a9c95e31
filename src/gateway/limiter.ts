/** Opens the limit step: the quotas of this moment, the counters, and what was used before a restart. */

import { createLimiter, type Limiter } from "../call/limit.ts"
import type { Config } from "../config.ts"
import { compileQuotas, type CompiledQuotas } from "../domain/quota/compiled-quotas.ts"
import type { Quotas } from "../domain/quota/quota.ts"
import type { Usage } from "../domain/usage.ts"
import type { Log } from "../log.ts"
import { listAll } from "../operations/page.ts"
import type { Closers } from "./closers.ts"
import type { Stores } from "./stores.ts"

export type LimiterOptions = {
  readonly config: Config
  readonly log: Log
  readonly stores: Pick<Stores, "quotas" | "counters" | "events">
  readonly usage: Usage
}

export async function openLimiter(
  { config, log, stores, usage }: LimiterOptions,
  closers: Closers,
): Promise<Limiter> {
  const { counters, events } = stores
  const limiter = createLimiter({
    quotas: await followQuotas(stores.quotas, closers),
    counters,
    now: Date.now,
    maxOpenPerPrincipal: config.limits.callsPerPrincipal,
    onAlert: ({ quota: { id, name }, principalId, ...alert }) => {
      const told = { quota: id, ...(principalId !== undefined && { principalId }) }
      log.warn({ ...told, ...alert, name }, "A quota is used as far as somebody wants to be told of.")
      events.publish({ type: "quotas", ...told, percent: alert.percent })
    },
  })
  await limiter.restore((sinceMs, nowMs) => usage.past(sinceMs, nowMs), Date.now())
  return limiter
}

/** @returns the quotas of the moment, compiled when one has changed */
async function followQuotas(quotas: Quotas, closers: Closers): Promise<() => CompiledQuotas> {
  const byId = new Map((await listAll(quotas)).map((quota) => [quota.id, quota]))
  let compiled = compileQuotas([...byId.values()])
  const unfollow = quotas.watch((change) => {
    if (change.kind === "kept") byId.set(change.value.id, change.value)
    else byId.delete(change.id)
    compiled = compileQuotas([...byId.values()])
  })
  closers.add(unfollow)
  return () => compiled
}
