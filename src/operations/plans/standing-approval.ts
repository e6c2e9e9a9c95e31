/**
 * Whether an approval still counts when its plan is applied: only while who gave it is there and could give it anew, by
 * the rules of approve_plan. What they have heard since from a service that is not trusted takes nothing back.
 */

import type { Change } from "../../domain/changes/change.ts"
import { compileGrants } from "../../domain/permission.ts"
import { mayDecide } from "../../domain/plans/plan-rules.ts"
import type { Approval } from "../../domain/plans/plan.ts"
import type { ActivePrincipal, Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { concernedBy } from "../changes/concerned.ts"
import { isLive } from "../identity/identity-rules.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { assertCouldApprove, type Deciding } from "./approver-rules.ts"

/** @param of `changes`: what the plan comes to now */
export async function isStanding(
  context: OperationContext,
  approval: Approval,
  { plan, operation, changes }: Deciding & { readonly changes: readonly Change[] },
): Promise<boolean> {
  const approver = await findApprover(context, approval)
  if (!approver || !mayDecide(approver.may)) return false
  if ((await concernedBy(context, changes)).has(approver.principal.id)) return false
  try {
    await assertCouldApprove({ ...context, actor: approver }, { plan, operation })
    return true
  } catch (thrown) {
    if (GatewayError.from(thrown).code === "forbidden") return false
    throw thrown
  }
}

async function findApprover(
  context: OperationContext,
  { by, keyId }: Approval,
): Promise<ActivePrincipal | undefined> {
  const principal = await context.principals.find(by)
  if (!principal || principal.disabled) return undefined
  const may = compileGrants(principal.grants, context.nowMs)
  if (keyId === undefined) return { principal, may }
  return (await canComeBack(context, principal)) ? { principal, may, keyId } : undefined
}

/** Whose key is revoked is still there with another, or a password; whose last one is, was shut out. */
async function canComeBack({ keys, nowMs }: OperationContext, { id, passwordHash }: Principal): Promise<boolean> {
  if (passwordHash !== undefined) return true
  return (await listAll(keys)).some((key) => key.principalId === id && isLive(key, nowMs))
}
