/** From a draft to a plan that is kept, and how it is shown. What may be done with one: domain/plans/plan-rules.ts. */

import { showChanges } from "../../domain/changes/change-shown.ts"
import { digestOf } from "../../domain/plans/plan-digest.ts"
import { assertShownWhole, whyNotApprove } from "../../domain/plans/plan-rules.ts"
import { approvalOf, maxNoteLength, maxNotes, stateOf, type Plan } from "../../domain/plans/plan.ts"
import type { Risk } from "../../domain/plans/risk.ts"
import { GatewayError } from "../../errors.ts"
import { affectedBy } from "../changes/affected.ts"
import { decidersOn } from "../changes/concerned.ts"
import type { ChangingOperation, Draft, OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { makeRoom } from "./plan-room.ts"
import { toPlanRow, type PlanRow } from "./plan-row.ts"
import { openInput, sealInput } from "./sealed-input.ts"

export type Planned = {
  readonly operation: ChangingOperation
  readonly input: Readonly<Record<string, unknown>>
  readonly draft: Draft
  readonly risk: Risk
}

export async function makePlan(
  context: OperationContext,
  { operation: { name }, input, draft, risk }: Planned,
  state: "drafted" | "pending",
): Promise<Plan> {
  const { actor, plans, sealer, newId, nowMs, governance } = context
  const changes = showChanges(draft.changes)
  if (state === "pending") assertShownWhole(changes)
  await makeRoom(context)
  const [id, nonce] = [newId(), newId()]
  return plans.insert({
    id,
    operation: name,
    sealed: sealInput(sealer, id, { nonce, input }),
    proposedBy: actor.principal.id,
    state,
    ...(await decidersOn(context, draft.changes)),
    changes,
    affects: await affectedBy(context, draft.changes),
    notes: (draft.notes ?? []).slice(0, maxNotes).map((note) => note.slice(0, maxNoteLength)),
    risk,
    digest: digestOf({ nonce, operation: name, input, changes: draft.changes }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + governance.planMs,
    approvals: [],
  })
}

/** The plan that waits for an approval: that of before, where the same was asked before. */
export async function pendingPlan(context: OperationContext, planned: Planned): Promise<Plan> {
  return (await findSame(context, planned)) ?? makePlan(context, planned, "pending")
}

/** @throws GatewayError `plan_required`, always */
export async function requirePlan(context: OperationContext, planned: Planned): Promise<never> {
  throw planRequired(await pendingPlan(context, planned), context)
}

/** @throws GatewayError `plan_required` where the same waits for an approval already */
export async function assertNotPlanned(context: OperationContext, planned: Planned): Promise<void> {
  const plan = await findSame(context, planned)
  if (plan) throw planRequired(plan, context)
}

/** @returns what refuses a change until the plan is approved, or until the one who asks applies it */
export function planRequired(
  plan: Plan,
  { nowMs, pageOf }: Pick<OperationContext, "nowMs" | "pageOf">,
): GatewayError {
  const { id, risk } = plan
  const reasons = risk.reasons.filter(({ class: of }) => of === risk.class).map(({ reason }) => reason)
  const why = `This needs an approval, because it ${reasons.join("; and because it ")}.`
  const isApproved = approvalOf(plan, nowMs) !== undefined
  const page = pageOf(id)
  const what = isApproved
    ? `The plan ${id} for it is approved: perform it with apply_plan.`
    : `The plan ${id} waits for one: another principal that holds plans:approve gives it with approve_plan${page === undefined ? "" : ` or at ${page}`}, then perform it with apply_plan.`
  return required(plan, `${why} ${what}`, isApproved ? "apply_plan" : "get_plan")
}

/** @returns what refuses a change whose approval came to nothing */
export function approvalLapsed(plan: Plan): GatewayError {
  const why = "counts no longer, since whoever gave it could not give it now"
  const what = "Another principal that holds plans:approve has to approve it again with approve_plan."
  return required(plan, `The approval of the plan ${plan.id} ${why}. ${what}`, "get_plan")
}

function required(
  { id, digest, expiresAtMs }: Plan,
  message: string,
  operation: "apply_plan" | "get_plan",
): GatewayError {
  const about = { detail: { plan: id, digest, expiresAtMs }, next: { operation, arguments: { id } } }
  return new GatewayError("plan_required", message, about)
}

async function findSame(
  { plans, actor, sealer, nowMs }: OperationContext,
  { operation: { name }, input, draft }: Planned,
): Promise<Plan | undefined> {
  const own = (await listAll(plans)).filter(
    (plan) => plan.proposedBy === actor.principal.id && plan.operation === name && isWaiting(plan, nowMs),
  )
  return own.find((plan) => {
    const nonce = openInput(sealer, plan)?.nonce
    return (
      nonce !== undefined && digestOf({ nonce, operation: name, input, changes: draft.changes }) === plan.digest
    )
  })
}

function isWaiting(plan: Plan, nowMs: number): boolean {
  const state = stateOf(plan, nowMs)
  return state === "pending" || state === "approved"
}

export async function showPlan(context: OperationContext, plan: Plan): Promise<PlanRow> {
  const { actor, nowMs, pageOf } = context
  const row = toPlanRow(plan, { actor, nowMs, nameOf: await principalNames(context) })
  const page = pageOf(plan.id)
  const barred = row.state === "pending" ? whyNotApprove(plan, actor, nowMs) : undefined
  return { ...row, ...(page !== undefined && { page }), ...(barred !== undefined && { cannotApprove: barred }) }
}

/** Of those that are gone, the id. */
export async function principalNames({ principals }: OperationContext): Promise<(id: string) => string> {
  const names = new Map((await listAll(principals)).map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? id
}
