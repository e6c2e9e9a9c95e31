/**
 * Brings changes to where things are kept, each only where what it was made from still stands. Of several, all are
 * applied or none: what was done is undone when a later one fails.
 */

import {
  inverseOf,
  type Change,
  type Deed,
  type KeptValues,
  type ServiceChange,
  type ValueChange,
} from "../../domain/changes/change.ts"
import type { Collection, Versioned } from "../../domain/collection.ts"
import type { GatewayEvent } from "../../domain/event.ts"
import { restoreCounts } from "../../domain/quota/restore.ts"
import type { Usage } from "../../domain/usage.ts"
import type { Done, OperationContext } from "../operation.ts"

type Stores = Pick<
  OperationContext,
  | "services"
  | "fleet"
  | "principals"
  | "keys"
  | "quotas"
  | "policies"
  | "counters"
  | "usage"
  | "audit"
  | "events"
  | "nowMs"
>

/** @throws GatewayError `conflict` where something changed since the change was drafted, and what the stores throw */
export async function applyChanges(stores: Stores, changes: readonly Change[]): Promise<Done> {
  let done: Done = {}
  const applied: Change[] = []
  try {
    for (const change of changes) {
      done = { ...done, ...(await applyOne(stores, change)) }
      applied.unshift(change)
    }
  } catch (thrown) {
    for (const change of applied) await applyOne(stores, inverseOf(change))
    throw thrown
  }
  for (const type of new Set(changes.map(eventOf))) if (type) stores.events.publish({ type })
  return done
}

async function applyOne(stores: Stores, change: Change): Promise<Done> {
  if (change.subject === "deed") return perpetrate(stores, change.deed)
  if (change.subject === "service") await applyService(stores, change)
  else if (change.subject === "pins") await stores.fleet.pin(change.name, change)
  else if (change.subject === "quota") await applyQuota(stores, change)
  else if (change.subject === "principal") await applyValue(stores.principals, change)
  else if (change.subject === "policy") await applyValue(stores.policies, change)
  else await applyValue(stores.keys, change)
  return {}
}

async function applyService({ services }: Stores, { name, before, after }: ServiceChange): Promise<void> {
  if (after) await services.write(name, after, { ifNew: before === undefined, ifRaw: before })
  else if (before) await services.remove(name, { ifRaw: before })
}

async function applyValue<T extends Versioned>(
  collection: Collection<T>,
  { before, after }: { readonly before?: T | undefined; readonly after?: T | undefined },
): Promise<void> {
  if (!before && after) await collection.insert(after)
  else if (before && after) await collection.replace(after, before.version)
  else if (before) await collection.remove(before.id, before.version)
}

/** What a changed quota counts anew it counts from the record first, so that a change hands out nothing twice. */
async function applyQuota(stores: Stores, change: ValueChange<"quota">): Promise<void> {
  const { quotas, counters, usage, nowMs } = stores
  const { before, after } = change
  if (before && after && after.counter !== before.counter) {
    const past: Usage["past"] = (sinceMs, untilMs) => usage.past(sinceMs, untilMs)
    await restoreCounts([after], { counters, past }, nowMs)
  }
  await applyValue(quotas, change)
  if (before && !after) await counters.forget(before.counter)
}

async function perpetrate({ audit, nowMs }: Stores, deed: Deed): Promise<Done> {
  if (deed.kind === "audit_erase") return { erased: await audit.erase(deed.filter, nowMs) }
  return audit.rotateKey(nowMs)
}

type Told = GatewayEvent["type"] & ("identity" | "quotas" | "policies")

const events: Readonly<Record<keyof KeptValues, Told>> = {
  principal: "identity",
  key: "identity",
  quota: "quotas",
  policy: "policies",
}

/** Services tell of themselves. */
function eventOf({ subject }: Change): Told | undefined {
  return subject === "service" || subject === "pins" || subject === "deed" ? undefined : events[subject]
}
