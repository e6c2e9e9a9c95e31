/** Whose own grants, keys or quotas a change is about: they have no say in it. */

import type { Change, KeptValues } from "../domain/change.ts"
import type { Quota } from "../domain/quota/quota.ts"
import type { OperationContext } from "./operation.ts"
import { listAll } from "./page.ts"

/** @returns ids of principals */
export async function concernedBy(context: OperationContext, changes: readonly Change[]): Promise<string[]> {
  const values = changes.flatMap(valuesOf)
  const ids = await Promise.all(values.map((value) => concernedByValue(context, value)))
  return [...new Set(ids.flat())]
}

type Value = KeptValues[keyof KeptValues]

function valuesOf(change: Change): readonly Value[] {
  if (change.subject === "service" || change.subject === "pins" || change.subject === "deed") return []
  return [change.before, change.after].filter((value) => value !== undefined)
}

async function concernedByValue(context: OperationContext, value: Value): Promise<readonly string[]> {
  if ("principalId" in value) return [value.principalId]
  return "subject" in value ? concernedByQuota(context, value) : [value.id]
}

/** One over everyone names nobody: somebody must be able to loosen it. */
async function concernedByQuota(
  { principals, keys }: OperationContext,
  { subject }: Quota,
): Promise<readonly string[]> {
  if (subject.kind === "principal") return [subject.principalId]
  if (subject.kind === "key")
    return [(await keys.find(subject.keyId))?.principalId].filter((id) => id !== undefined)
  if (subject.kind !== "team") return []
  return (await listAll(principals)).filter(({ team }) => team === subject.team).map(({ id }) => id)
}
