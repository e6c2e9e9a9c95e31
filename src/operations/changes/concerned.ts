/** Whose own grants, keys, quotas or policies a change is about: they have no say in it. So a plan keeps who has. */

import type { Change, KeptValues, ValueChange } from "../../domain/changes/change.ts"
import { holds, permissionsAt } from "../../domain/permission.ts"
import { maxConcerned, type Plan } from "../../domain/plans/plan.ts"
import { differingRules } from "../../domain/policy/compare.ts"
import { compileSubject } from "../../domain/policy/compiled-policies.ts"
import type { Quota } from "../../domain/quota/quota.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { selects } from "../policies/policy-rules.ts"

/** @returns ids of principals */
export async function concernedBy(
  context: OperationContext,
  changes: readonly Change[],
): Promise<ReadonlySet<string>> {
  const ids = await Promise.all(changes.map((change) => concernedByOne(context, change)))
  return new Set(ids.flat())
}

/** As many as are kept, whatever number of principals the changes are about: nobody who was left out decides. */
export async function decidersOn(
  context: OperationContext,
  changes: readonly Change[],
): Promise<Pick<Plan, "concerns" | "deciders">> {
  const { principals, nowMs } = context
  const concerned = await concernedBy(context, changes)
  if (concerned.size <= maxConcerned) return { concerns: [...concerned] }
  const deciders = (await listAll(principals)).filter(
    ({ id, grants }) => !concerned.has(id) && holds(permissionsAt(grants, nowMs), "plans:approve"),
  )
  return { concerns: [], deciders: deciders.slice(0, maxConcerned).map(({ id }) => id) }
}

type Value = KeptValues["principal" | "key" | "quota"]

async function concernedByOne(context: OperationContext, change: Change): Promise<readonly string[]> {
  if (change.subject === "service" || change.subject === "pins" || change.subject === "deed") return []
  if (change.subject === "policy") return concernedByPolicy(context, change)
  const values: readonly (Value | undefined)[] = [change.before, change.after]
  const ids = values.flatMap((value) => (value ? [concernedByValue(context, value)] : []))
  return (await Promise.all(ids)).flat()
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

/** A rule about everybody is about nobody, likewise. */
async function concernedByPolicy(
  { principals }: OperationContext,
  { before, after }: ValueChange<"policy">,
): Promise<readonly string[]> {
  const subjects = differingRules(before, after).filter(selects).map(compileSubject)
  const concerned = (await listAll(principals)).filter((one) => subjects.some((isAbout) => isAbout(one)))
  return concerned.map(({ id }) => id)
}
