/**
 * Who may not decide on a plan though they hold plans:approve and it is not theirs: a second self of whoever proposed
 * it, somebody who may be doing a service's will, and who could not have granted what it grants. The rest:
 * domain/plans/plan-rules.ts. Whether it still holds when the plan is applied: standing-approval.ts.
 */

import type { Plan } from "../../domain/plans/plan.ts"
import type { Key, Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import type { ChangingOperation, OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { openInput } from "./sealed-input.ts"

/** Of the administrator that every gateway begins with: identity/first-start.ts. */
const firstMaker = "first-start"

export type Deciding = { readonly plan: Plan; readonly operation: ChangingOperation }

/** @throws GatewayError `forbidden` */
export async function assertFitToApprove(context: OperationContext, { plan, operation }: Deciding): Promise<void> {
  const { taint, governance, nowMs } = context
  const tainted = taint()
  if (tainted) throw unfit(plan, `you received results of ${tainted.service}, which is not trusted`)
  // It may be applied for as long as the approval counts.
  await assertCouldApprove({ ...context, nowMs: nowMs + governance.approvalMs }, { plan, operation })
}

/** Of who does, or once did. @throws GatewayError `forbidden` */
export async function assertCouldApprove(context: OperationContext, { plan, operation }: Deciding): Promise<void> {
  const { principals, sealer } = context
  const proposer = await principals.find(plan.proposedBy)
  if (!proposer) throw unfit(plan, "whoever proposed it is gone")
  await assertApart(context, plan, proposer)
  const kept = openInput(sealer, plan)
  if (!kept) throw unfit(plan, "what it was made of cannot be read any more")
  operation.mayApprove?.(context, kept.input, proposer)
}

/**
 * No program approves through an identity that it made, nor for one, nor through one of two: it would be both. Whoever
 * made a key of somebody may be them. People are taken at their word, since somebody has to make the first accounts.
 */
async function assertApart(context: OperationContext, plan: Plan, proposer: Principal): Promise<void> {
  const { actor, keys } = context
  const key = actor.keyId === undefined ? undefined : await keys.find(actor.keyId)
  const ofProposer = (await listAll(keys)).filter(({ principalId }) => principalId === proposer.id)
  const behindProposer = await programsBehind(context, proposer, ofProposer)
  const behindApprover = await programsBehind(context, actor.principal, key ? [key] : [])
  const shared = [...behindApprover].find(([id]) => id !== gone && behindProposer.has(id))
  if (shared) throw unfit(plan, `${shared[1]} made you or your key, and is, or made, whoever proposed it`)
  const isCut = behindApprover.has(gone) || behindProposer.has(gone)
  if (isCut && actor.principal.kind !== "human")
    throw unfit(plan, "somebody who made you or whoever proposed it is gone, so that nobody can tell you apart")
}

/** In place of the id of a maker that was removed: what it was, nobody knows. */
const gone = ""

/** Id -> name of all that it may be: itself, who made it or a key of it, who made those, and so on; of these the programs. */
async function programsBehind(
  { principals }: OperationContext,
  principal: Principal,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, string>> {
  const seen = new Set([principal.id, ...keys.map(({ createdBy }) => createdBy)])
  const programs = new Map<string, string>()
  for (const id of seen) {
    const one = await principals.find(id)
    if (one) seen.add(one.createdBy)
    else if (id !== firstMaker) programs.set(gone, "somebody who is gone")
    if (one && one.kind !== "human") programs.set(id, one.name)
  }
  return programs
}

function unfit({ id }: Plan, why: string): GatewayError {
  return new GatewayError("forbidden", `You cannot decide on the plan ${id}: ${why}. Ask another principal.`, {
    detail: { plan: id },
  })
}
