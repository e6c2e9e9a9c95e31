/**
 * Tells workers of principals, keys and services: all there is when a worker starts, and each change after. A worker that
 * is behind for a moment lets nothing pass that it should not: account.ts looks at each call with the owner's own eyes.
 */

import { setImmediate as turn } from "node:timers/promises"
import type { Offer } from "../../../domain/catalog.ts"
import type { Change, Collection, Versioned } from "../../../domain/collection.ts"
import type { Key, Principal } from "../../../domain/principal.ts"
import type { ServiceDefinition } from "../../../domain/services/service.ts"
import { shareOfWorker } from "../../../fleet/calls/share.ts"
import { listAll } from "../../../operations/page.ts"
import type { Closers } from "../../closers.ts"
import type { Services } from "../../services.ts"
import type { Stores } from "../../stores.ts"
import type { ToWorker } from "../line/messages.ts"
import { sendOffer, type SentService } from "../line/sent-service.ts"

type Say = (message: ToWorker) => void

export type Replication = {
  /** Tells one worker everything, then that it may serve, then all changes. @returns ends it */
  feed(say: Say): () => void
}

export type ReplicationOptions = {
  readonly stores: Pick<Stores, "principals" | "keys" | "policies">
  readonly services: Pick<Services, "fleet" | "known" | "onOffer">
  readonly workers: number
}

/** Values told in one message. */
const chunk = 500

export async function openReplication(
  { stores, services, workers }: ReplicationOptions,
  closers: Closers,
): Promise<Replication> {
  const told = new Set<Say>()
  const say: Say = (message) => told.forEach((one) => one(message))
  const principals = await follow(
    stores.principals,
    (change: Change<Principal>) => say({ type: "principals", changes: [change] }),
    closers,
  )
  const keys = await follow(
    stores.keys,
    (change: Change<Key>) => say({ type: "keys", changes: [change] }),
    closers,
  )
  const policies = (): ToWorker => {
    const { revision, all } = services.known().policies
    return { type: "policies", revision, policies: all }
  }
  closers.add(stores.policies.watch(() => say(policies())))
  const known = followServices(services, workers, say, closers)
  const feed = async (one: Say): Promise<void> => {
    for (const changes of inChunks(principals)) await tell(one, { type: "principals", changes })
    for (const changes of inChunks(keys)) await tell(one, { type: "keys", changes })
    await tell(one, policies())
    for (const [name, service] of known) await tell(one, { type: "service", name, service })
    one({ type: "serve" })
  }
  return {
    feed: (one) => {
      told.add(one)
      void feed(one)
      return () => told.delete(one)
    },
  }
}

/** What is changed meanwhile is read as it is then, and told once more. */
async function tell(say: Say, message: ToWorker): Promise<void> {
  say(message)
  await turn()
}

async function follow<T extends Versioned>(
  collection: Collection<T>,
  onChange: (change: Change<T>) => void,
  closers: Closers,
): Promise<ReadonlyMap<string, T>> {
  const values = new Map((await listAll(collection)).map((value) => [value.id, value]))
  closers.add(
    collection.watch((change) => {
      if (change.kind === "kept") values.set(change.value.id, change.value)
      else values.delete(change.id)
      onChange(change)
    }),
  )
  return values
}

function* inChunks<T>(values: ReadonlyMap<string, T>): Generator<readonly Change<T>[]> {
  let changes: Change<T>[] = []
  for (const value of values.values()) {
    if (changes.push({ kind: "kept", value }) < chunk) continue
    yield changes
    changes = []
  }
  if (changes.length > 0) yield changes
}

/** The definition is undefined where it matters which process sends a call. */
type From = { readonly offer: Offer; readonly definition: ServiceDefinition | undefined }

/** Once for all services that change together. */
function followServices(
  { fleet, onOffer }: ReplicationOptions["services"],
  workers: number,
  say: Say,
  closers: Closers,
): ReadonlyMap<string, SentService> {
  const known = new Map<string, SentService>()
  const from = new Map<string, From>()
  const changed = new Set<string>()
  let soon: NodeJS.Immediate | undefined
  const look = (): void => {
    soon = undefined
    const offers = new Map(fleet.offers().map((offer) => [offer.service, offer]))
    for (const name of changed) {
      const offer = offers.get(name)
      const definition = fleet.remembers(name) ? undefined : fleet.definitionOf(name)
      const now = offer && { offer, definition }
      if (isSame(from.get(name), now)) continue
      const service = now && { offer: sendOffer(now.offer), definition: shareOut(now.definition, workers) }
      remember(known, name, service)
      remember(from, name, now)
      say({ type: "service", name, service })
    }
    changed.clear()
  }
  const onChange = (name: string): void => {
    changed.add(name)
    soon ??= setImmediate(look)
  }
  for (const { service } of fleet.offers()) changed.add(service)
  look()
  closers.add(onOffer(onChange))
  closers.add(() => clearImmediate(soon))
  return known
}

function isSame(before: From | undefined, now: From | undefined): boolean {
  return before?.offer === now?.offer && before?.definition === now?.definition
}

function remember<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name)
  else map.set(name, value)
}

function shareOut(definition: ServiceDefinition | undefined, workers: number): ServiceDefinition | undefined {
  if (!definition) return undefined
  const concurrency = shareOfWorker(definition, workers)
  return concurrency === 0 ? undefined : { ...definition, concurrency }
}
