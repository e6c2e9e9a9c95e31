/**
 * Whether a change that is on record took effect: asked where it failed on the way, and where the process ended before
 * that was known. How revisions are kept: domain/changes/history.ts.
 */

import { isDeepStrictEqual } from "node:util"
import { isSameService } from "../../domain/changes/hand-edits.ts"
import type { WholeRecord } from "../../domain/changes/history.ts"
import { keptOf } from "../../domain/changes/recorded-change.ts"
import type { OperationContext } from "../operation.ts"

export type KeptStores = Pick<OperationContext, "services" | "principals" | "keys" | "quotas" | "policies">

/** @returns the places of those that did */
export async function inEffect(stores: KeptStores, changes: readonly WholeRecord[]): Promise<readonly number[]> {
  const found = await Promise.all(changes.map((change) => isInEffect(stores, change)))
  return [...changes.keys()].filter((at) => found[at])
}

/** What leaves no trace in the stores, of which nobody can say afterwards whether it was done. */
export function isTraceless({ subject }: Pick<WholeRecord, "subject">): boolean {
  return subject === "deed" || subject === "pins"
}

async function isInEffect(stores: KeptStores, { subject, id, name, after }: WholeRecord): Promise<boolean> {
  if (isTraceless({ subject })) return false
  if (subject === "service") {
    const raw = stores.services.list().find(({ definition }) => definition.name === name)?.raw
    return raw === undefined || after === undefined ? raw === after : isSameService(name, raw, after)
  }
  const value = await findValue(stores, subject, id)
  if (value === undefined || after === undefined) return value === after
  return isDeepStrictEqual({ ...keptOf(value), version: 0 }, { ...after, version: 0 })
}

async function findValue(
  { principals, keys, quotas, policies }: KeptStores,
  subject: string,
  id: string,
): Promise<object | undefined> {
  switch (subject) {
    case "principal":
      return principals.find(id)
    case "key":
      return keys.find(id)
    case "quota":
      return quotas.find(id)
    case "policy":
      return policies.find(id)
    default:
      return undefined
  }
}
