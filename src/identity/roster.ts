/**
 * All principals and keys in memory, kept fresh by the stores' watches, so that asking on every call who may call
 * costs two look-ups and no store.
 */

import { maxPageLength, type Change, type Collection, type Versioned } from "../domain/collection.ts"
import { compileGrants, type CompiledGrants } from "../domain/permission.ts"
import type { Key, Keys, Principal, Principals } from "../domain/principal.ts"

type Member = { readonly principal: Principal; readonly may: CompiledGrants }

export interface Roster {
  findKey(id: string): Key | undefined
  findMember(principalId: string): Member | undefined
  findByName(name: string): Member | undefined
  close(): void
}

export async function openRoster(principals: Principals, keys: Keys): Promise<Roster> {
  const members = new Map<string, Member>()
  const byName = new Map<string, string>()
  const forget = ({ principal }: Member) => byName.delete(principal.name)
  const watches = await Promise.all([
    follow(principals, (change) => {
      const known = members.get(change.kind === "kept" ? change.value.id : change.id)
      if (known) forget(known)
      if (change.kind === "removed") return members.delete(change.id)
      const { value: principal } = change
      byName.set(principal.name, principal.id)
      return members.set(principal.id, { principal, may: compileGrants(principal.grants) })
    }),
    followKeys(keys),
  ])
  const [stopPrincipals, known] = watches
  return {
    findKey: (id) => known.byId.get(id),
    findMember: (id) => members.get(id),
    findByName: (name) => members.get(byName.get(name) ?? ""),
    close: () => {
      stopPrincipals()
      known.stop()
    },
  }
}
