/**
 * What a worker knows of principals and services: what its owner tells, as it tells it. Nothing is decided by it alone;
 * the owner looks again at each call.
 */

import type { Known } from "../../../call/resolve.ts"
import { compileCatalog, type Offer } from "../../../domain/catalog.ts"
import type { Change, Collection, Versioned } from "../../../domain/collection.ts"
import { compilePolicies, noPolicies } from "../../../domain/policy/compiled-policies.ts"
import type { Key, Principal } from "../../../domain/principal.ts"
import type { CallingFleet } from "../../../fleet/calling-fleet.ts"
import { watchEnds } from "../../../identity/ends.ts"
import { openRoster, type Roster } from "../../../identity/roster.ts"
import { noMembers, writeObject } from "../../../mcp/raw-json.ts"
import type { ToWorker, WorkerSettings } from "../line/messages.ts"
import { receiveOffer } from "../line/sent-service.ts"

type Told = Extract<ToWorker, { type: "principals" | "keys" | "policies" | "service" }>

export type Replica = {
  readonly roster: Roster
  /** The snapshot of this moment. */
  readonly known: () => Known
  readonly tell: (told: Told) => void
  /** Tells when the time of a key or a grant is over. @returns stops telling */
  readonly watchEnds: (onEnd: () => void) => Promise<() => void>
}

export type ReplicaOptions = Pick<WorkerSettings, "management"> & {
  readonly fleet: CallingFleet
  readonly openTaskId: Known["openTaskId"]
}

export async function openReplica({ fleet, management, openTaskId }: ReplicaOptions): Promise<Replica> {
  const principals = new ToldCollection<Principal>()
  const keys = new ToldCollection<Key>()
  const roster = await openRoster(principals, keys)
  const offers = new Map<string, Offer>()
  let known: Known = {
    ...namesOf(management),
    catalog: compileCatalog([]),
    policies: noPolicies,
    now: Date.now,
    openTaskId,
  }
  let isOutdated = false
  return {
    roster,
    watchEnds: (onEnd) => watchEnds({ principals, keys, now: Date.now, onEnd }),
    known: () => {
      if (isOutdated) known = { ...known, catalog: compileCatalog([...offers.values()]) }
      isOutdated = false
      return known
    },
    tell: (told) => {
      if (told.type === "principals") return principals.tell(told.changes)
      if (told.type === "keys") return keys.tell(told.changes)
      if (told.type === "policies") {
        known = { ...known, policies: compilePolicies(told.policies, told.revision) }
        return
      }
      const { name, service } = told
      const offer = service && receiveOffer(service.offer)
      if (offer) offers.set(name, offer)
      else offers.delete(name)
      fleet.tell(name, offer && service.definition && { offer, definition: service.definition })
      isOutdated = true
    },
  }
}

/** A collection that begins empty and is told of everything. */
class ToldCollection<T extends Versioned> implements Pick<Collection<T>, "list" | "watch"> {
  readonly #listeners = new Set<(change: Change<T>) => void>()

  list(): ReturnType<Collection<T>["list"]> {
    return Promise.resolve({ items: [] })
  }

  watch(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change)
  }
}

/**
 * Known by name, so that no service's are taken for them. What they are, nobody asks here. What begins with the
 * gateway's own scheme is unknown, as other resources are, and so the owner's.
 */
function namesOf({
  tools,
}: ReplicaOptions["management"]): Pick<Known, "managementTools" | "managementResources" | "managementTemplates"> {
  const definition = writeObject(noMembers)
  return {
    managementTools: new Map(tools.map((tool) => [tool.name, { ...tool, definition }])),
    managementResources: new Map(),
    managementTemplates: new Map(),
  }
}
