/**
 * Makes the change that a plan is about. It is drafted again, by its proposer with the rights of now: only where that
 * comes to the very same is it applied, and only once.
 */

import { digestOf } from "../../domain/plans/plan-digest.ts"
import { assertMayApply, confirmationOf, mayDecide, needsApproval } from "../../domain/plans/plan-rules.ts"
import { approvalOf, maxApprovals, type Plan } from "../../domain/plans/plan.ts"
import { compileGrants } from "../../domain/permission.ts"
import { joinRisks, riskOf } from "../../domain/plans/risk.ts"
import { GatewayError } from "../../errors.ts"
import { applyDraft } from "../changes/apply-recorded.ts"
import { planRequired } from "./make-plan.ts"
import type { Applied, ChangingOperation, Draft, OperationContext } from "../operation.ts"
import { openInput, type KeptInput } from "./sealed-input.ts"

export type Fulfilled = { readonly plan: Plan; readonly input: KeptInput["input"]; readonly applied: Applied }

type Asked = {
  readonly operation: ChangingOperation
  readonly plan: Plan
  readonly digest?: string | undefined
  /** The human at the caller's own client, who has just confirmed it: confirm.ts. */
  readonly confirmedBy?: string | undefined
}

/** @throws GatewayError `conflict`, `forbidden`, `plan_required`, and what the stores throw */
export async function fulfilPlan(
  context: OperationContext,
  { operation, plan: found, digest, confirmedBy }: Asked,
): Promise<Fulfilled> {
  const { actor, sealer, nowMs } = context
  assertMayApply(found, actor, { digest, nowMs })
  const plan = confirmedBy === undefined ? found : confirmed(found, confirmedBy, nowMs)
  const kept = openInput(sealer, plan)
  if (!kept) throw changed(plan, "What it was made of cannot be read any more.")
  const draft = await draftAgain(context, operation, { plan, kept })
  await assertApproved(context, { operation, plan, kept, confirmedBy }, draft)
  const { applied, made } = await applyOnce(context, plan, draft)
  return { plan: made, input: kept.input, applied }
}

type Kept = { readonly plan: Plan; readonly kept: KeptInput }

async function draftAgain(
  context: OperationContext,
  operation: ChangingOperation,
  { plan, kept: { nonce, input } }: Kept,
): Promise<Draft> {
  const { name, permission } = operation
  if (!context.actor.may.holds(permission)) throw changed(plan, `You may not perform ${name} any more.`)
  const draft = await operation.draft(context, input).catch((thrown: unknown) => {
    const refusal = GatewayError.from(thrown)
    throw refusal.code === "internal" ? thrown : changed(plan, refusal.message)
  })
  const digest = digestOf({ nonce, operation: name, input, changes: draft.changes })
  if (digest !== plan.digest) throw changed(plan, "It would come to something else now.")
  return draft
}

/** A dry run that needs an approval waits for one from now on. @throws GatewayError `plan_required` */
async function assertApproved(
  context: OperationContext,
  { operation, plan, kept, confirmedBy }: Asked & Kept,
  { changes }: Draft,
): Promise<void> {
  const { actor, plans, governance, taint, nowMs } = context
  const risk = joinRisks(plan.risk, riskOf(changes, actor.principal, taint()))
  if (operation.approval !== "always" && !needsApproval(governance, risk, actor.principal)) return
  const isForClient =
    operation.approval !== "always" &&
    [risk, plan.risk].every((one) => confirmationOf(governance, one, actor.principal) === "client")
  if (confirmedBy !== undefined && isForClient) return
  if (await isApproved(context, { operation, plan, kept })) return
  const waiting =
    plan.state === "drafted" ? await plans.replace({ ...plan, state: "pending", risk }, plan.version) : plan
  throw planRequired({ ...waiting, approvals: [] }, nowMs)
}

/** Whether who approved could do so still. */
async function isApproved(context: OperationContext, { operation, plan, kept }: Asked & Kept): Promise<boolean> {
  const { actor, principals, nowMs } = context
  const approval = approvalOf(plan, nowMs)
  const principal = approval && (await principals.find(approval.by))
  if (!principal || principal.disabled) return false
  const may = compileGrants(principal.grants, nowMs)
  if (!mayDecide(may)) return false
  try {
    operation.mayApprove?.({ ...context, actor: { principal, may } }, kept.input, actor.principal)
    return true
  } catch (thrown) {
    if (GatewayError.from(thrown).code === "forbidden") return false
    throw thrown
  }
}

/** On record as applied before it is: what is cut short by a crash is not done twice. */
async function applyOnce(
  context: OperationContext,
  plan: Plan,
  draft: Draft,
): Promise<{ readonly applied: Applied; readonly made: Plan }> {
  const { plans, nowMs } = context
  const made = await plans.replace({ ...plan, state: "applied", appliedAtMs: nowMs }, plan.version)
  try {
    const applied = await applyDraft(context, { operation: plan.operation, draft, plan: plan.id })
    return { applied, made }
  } catch (thrown) {
    await plans.replace(plan, made.version)
    throw thrown
  }
}

/** Kept with it for who looks at it later. It counts for this one change: no principal has that name. */
function confirmed(plan: Plan, by: string, nowMs: number): Plan {
  const approval = { by, atMs: nowMs, digest: plan.digest, expiresAtMs: nowMs }
  return { ...plan, approvals: [...plan.approvals, approval].slice(-maxApprovals) }
}

function changed({ id, operation }: Plan, what: string): GatewayError {
  return new GatewayError(
    "conflict",
    `The state has changed since the plan ${id} was made. ${what} Ask for ${operation} again to plan it anew.`,
    { detail: { plan: id } },
  )
}
