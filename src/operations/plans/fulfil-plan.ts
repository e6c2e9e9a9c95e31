/**
 * Makes the change that a plan is about. It is drafted again, by its proposer with the rights of now: only where that
 * comes to the very same is it applied, and only once.
 */

import { digestOf } from "../../domain/plans/plan-digest.ts"
import { assertMayApply, confirmationOf, needsApproval } from "../../domain/plans/plan-rules.ts"
import { approvalOf, maxApprovals, type Plan } from "../../domain/plans/plan.ts"
import { joinRisks, riskOf } from "../../domain/plans/risk.ts"
import { GatewayError } from "../../errors.ts"
import { applyDraft } from "../changes/apply-recorded.ts"
import { approvalLapsed, planRequired } from "./make-plan.ts"
import type { Applied, ChangingOperation, Draft, OperationContext } from "../operation.ts"
import { isStanding } from "./standing-approval.ts"
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
  await assertApproved(context, { operation, plan, confirmedBy }, draft)
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
  { operation, plan, confirmedBy }: Asked,
  { changes }: Draft,
): Promise<void> {
  const { actor, plans, governance, taint, nowMs } = context
  const risk = joinRisks(plan.risk, riskOf(changes, actor.principal, taint()))
  if (operation.approval !== "always" && !needsApproval(governance, risk, actor.principal)) return
  const isForClient =
    operation.approval !== "always" &&
    [risk, plan.risk].every((one) => confirmationOf(governance, one, actor.principal) === "client")
  if (confirmedBy !== undefined && isForClient) return
  const approval = approvalOf(plan, nowMs)
  if (approval && (await isStanding(context, approval, { operation, plan, changes }))) return
  const approvals = plan.approvals.filter((one) => one !== approval)
  const waits = plan.state === "drafted" || approval !== undefined
  const waiting: Plan = waits
    ? await plans.replace({ ...plan, state: "pending", risk, approvals }, plan.version)
    : plan
  throw approval ? approvalLapsed(waiting) : planRequired(waiting, context)
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
