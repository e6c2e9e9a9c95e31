/**
 * All principals and keys in memory, kept fresh by the stores' watches, so that asking on every call who may call
 * costs two look-ups and no store. Grants are compiled when they are first asked for, and again when one has ended;
 * who is to be told of that: ends.ts.
 */

import { maxPageLength, type Change, type Collection, type Versioned } from "../domain/collection.ts"
import { changesAtMs, compileGrants, type CompiledGrants } from "../domain/permission.ts"
import type { Key, Principal } from "../domain/principal.ts"

type Member = {
  readonly principal: Principal
  readonly may: CompiledGrants
  /** When `may` no longer holds, because a temporary grant ends. */
  readonly untilMs: number
}

export interface Roster {
  findKey(id: string): Key | undefined
  /** As its grants are at that instant, epoch ms. */
  findMember(principalId: string, nowMs: number): Member | undefined
  findByName(name: string): Principal | undefined
  close(): void
}

/** What is needed of a store. */
export type Followed<T extends Versioned> = Pick<Collection<T>, "list" | "watch">

export async function openRoster(principals: Followed<Principal>, keys: Followed<Key>): Promise<Roster> {
  const members = new Map<string, Member>()
  const ids = new Map<string, string>()
  const known = new Map<string, Key>()
  const stopPrincipals = await follow(principals, (id, principal) => {
    const before = members.get(id)?.principal.name
    if (before !== undefined && ids.get(before) === id) ids.delete(before)
    if (principal) {
      members.set(id, { principal, may: nothing, untilMs: Number.NEGATIVE_INFINITY })
      ids.set(principal.name, id)
    } else members.delete(id)
  })
  const stopKeys = await follow(keys, (id, key) => {
    if (key) known.set(id, key)
    else known.delete(id)
  })
  return {
    findKey: (id) => known.get(id),
    findMember: (id, nowMs) => {
      const member = members.get(id)
      if (!member || nowMs < member.untilMs) return member
      const compiled = compile(member.principal, nowMs)
      members.set(id, compiled)
      return compiled
    },
    findByName: (name) => members.get(ids.get(name) ?? "")?.principal,
    close: () => {
      stopPrincipals()
      stopKeys()
    },
  }
}

/** Of who has not been asked for yet. */
const nothing: CompiledGrants = { holds: () => false, mayUse: () => false }

function compile(principal: Principal, nowMs: number): Member {
  const { grants } = principal
  return { principal, may: compileGrants(grants, nowMs), untilMs: changesAtMs(grants, nowMs) }
}

/** Watches before it lists, so that nothing falls between the two; what changed while it listed is not listed over. */
export async function follow<T extends Versioned>(
  collection: Followed<T>,
  apply: (id: string, value: T | undefined) => void,
): Promise<() => void> {
  let changed: Set<string> | undefined = new Set()
  const stop = collection.watch((change) => {
    changed?.add(idOf(change))
    apply(idOf(change), change.kind === "kept" ? change.value : undefined)
  })
  try {
    for await (const value of everyOne(collection)) if (!changed.has(value.id)) apply(value.id, value)
  } catch (thrown) {
    stop()
    throw thrown
  }
  changed = undefined
  return stop
}

async function* everyOne<T extends Versioned>(collection: Followed<T>): AsyncGenerator<T> {
  let cursor: string | undefined
  do {
    const page = await collection.list({ limit: maxPageLength, ...(cursor !== undefined && { cursor }) })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

function idOf<T extends Versioned>(change: Change<T>): string {
  return change.kind === "kept" ? change.value.id : change.id
}
