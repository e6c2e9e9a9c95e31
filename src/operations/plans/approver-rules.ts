/**
 * Who may not decide on a plan though they hold plans:approve and it is not theirs: a second self of whoever proposed
 * it, somebody who may be doing a service's will, and who could not have granted what it grants. The rest:
 * domain/plans/plan-rules.ts.
 */

import type { Plan } from "../../domain/plans/plan.ts"
import type { Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import type { ChangingOperation, OperationContext } from "../operation.ts"
import { openInput } from "./sealed-input.ts"

type Deciding = { readonly plan: Plan; readonly operation: ChangingOperation }

/** @throws GatewayError `forbidden` */
export async function assertFitToApprove(context: OperationContext, { plan, operation }: Deciding): Promise<void> {
  const { principals, sealer, taint, governance, nowMs } = context
  const tainted = taint()
  if (tainted) throw unfit(plan, `you received results of ${tainted.service}, which is not trusted`)
  const proposer = await principals.find(plan.proposedBy)
  if (!proposer) throw unfit(plan, "whoever proposed it is gone")
  await assertApart(context, plan, proposer)
  const kept = openInput(sealer, plan)
  if (!kept) throw unfit(plan, "what it was made of cannot be read any more")
  // It may be applied for as long as the approval counts.
  operation.mayApprove?.({ ...context, nowMs: nowMs + governance.approvalMs }, kept.input, proposer)
}

/**
 * No program approves through an identity that it made, nor for one: it would be both. People are taken at their word,
 * since somebody has to make the first accounts.
 */
async function assertApart(context: OperationContext, plan: Plan, proposer: Principal): Promise<void> {
  const { actor, keys } = context
  const approver = actor.principal
  const key = actor.keyId === undefined ? undefined : await keys.find(actor.keyId)
  const isOf = (maker: Principal, made: Principal): Promise<boolean> => descends(context, made, maker.id)
  if (proposer.kind !== "human" && (key?.createdBy === proposer.id || (await isOf(proposer, approver))))
    throw unfit(plan, `${proposer.name}, who proposed it, made you or your key`)
  if (approver.kind !== "human" && (await isOf(approver, proposer)))
    throw unfit(plan, `you made ${proposer.name}, who proposed it`)
}

/** Longer lines of makers are taken for what they seem to be for. */
const maxLine = 100

async function descends({ principals }: OperationContext, made: Principal, maker: string): Promise<boolean> {
  let current: Principal | undefined = made
  for (let at = 0; at < maxLine && current; at++) {
    if (current.createdBy === maker) return true
    current = await principals.find(current.createdBy)
  }
  return current !== undefined
}

function unfit({ id }: Plan, why: string): GatewayError {
  return new GatewayError("forbidden", `You cannot decide on the plan ${id}: ${why}. Ask another principal.`, {
    detail: { plan: id },
  })
}
