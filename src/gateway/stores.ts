/** Opens what is kept: principals and keys, who they are, and the key that seals what leaves and comes back. */

import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Config } from "../config.ts"
import { removeTemporary } from "../durable-file.ts"
import type { Events } from "../domain/event.ts"
import type { Policies } from "../domain/policy/policy.ts"
import type { Keys, Principals } from "../domain/principal.ts"
import type { Plans } from "../domain/plans/plan.ts"
import type { Counters } from "../domain/quota/counters.ts"
import type { Quotas } from "../domain/quota/quota.ts"
import type { Sealer } from "../domain/secrets/secret.ts"
import { keyMaker } from "../identity/api-key.ts"
import { createAuthenticator, type Authenticator } from "../identity/authenticator.ts"
import { ensureAdmin } from "../identity/first-start.ts"
import { watchEnds } from "../identity/ends.ts"
import { openSealer } from "../identity/sealer.ts"
import { jsonKeys } from "../stores/json/keys.ts"
import { jsonPlans } from "../stores/json/plans.ts"
import { jsonPolicies } from "../stores/json/policies.ts"
import { jsonQuotas } from "../stores/json/quotas.ts"
import { MemoryCounters } from "../stores/memory/counters.ts"
import { SteadyCounters } from "../stores/memory/steady-counters.ts"
import { jsonPrincipals } from "../stores/json/principals.ts"
import { openStateFile } from "../stores/json/state-file.ts"
import { createMemoryEvents } from "../stores/memory/events.ts"
import type { Closers } from "./closers.ts"

export type Stores = {
  readonly principals: Principals
  readonly keys: Keys
  readonly quotas: Quotas
  readonly policies: Policies
  readonly counters: Counters
  readonly plans: Plans
  readonly sealer: Sealer
  readonly authenticator: Authenticator
  readonly events: Events
  /** On the first start only. */
  readonly adminKey: string | undefined
}

const clocks = { now: Date.now, elapsed: () => performance.now() }

export async function openStores({ data }: Config, closers: Closers): Promise<Stores> {
  // The log is made after the first state.
  const state = await openStateFile(data, existsSync(join(data, "audit/log.db")) ? "used before" : "new")
  closers.add(() => state.close())
  // Ours alone since the state is open.
  for (const name of ["keys", "lists"]) await removeTemporary(join(data, name))
  const principals = jsonPrincipals(state)
  const keys = jsonKeys(state)
  const quotas = jsonQuotas(state)
  const plans = jsonPlans(state)
  const policies = jsonPolicies(state)
  const counters = new SteadyCounters(new MemoryCounters(), clocks)
  const sealer = await openSealer(data)
  const adminKey = await ensureAdmin({ principals, keys, keyMaker, dataDir: data, nowMs: Date.now() })
  const authenticator = await createAuthenticator({ principals, keys, pepper: randomBytes(32), ...clocks })
  closers.add(() => authenticator.close())
  const events = createMemoryEvents()
  const tell = (): void => events.publish({ type: "identity" })
  closers.add(principals.watch(tell))
  closers.add(keys.watch(tell))
  closers.add(await watchEnds({ principals, keys, now: Date.now, onEnd: tell }))
  closers.add(plans.watch(() => events.publish({ type: "plans" })))
  return { principals, keys, quotas, policies, counters, plans, sealer, authenticator, events, adminKey }
}
