/** Deciding on a plan. Who may, and when: domain/plans/plan-rules.ts. */

import * as z from "zod"
import { assertMayApprove, assertMayReject } from "../../domain/plans/plan-rules.ts"
import { maxApprovals, type Plan } from "../../domain/plans/plan.ts"
import { assertFitToApprove } from "./approver-rules.ts"
import { inChangeTurn } from "../changes/change-turn.ts"
import { findPlan, planIdInput } from "./find-plan.ts"
import { showPlan } from "./make-plan.ts"
import { defineOperation, type ChangingOperation, type Operation, type OperationContext } from "../operation.ts"
import { planRow, type PlanRow } from "./plan-row.ts"

/** @param get the operation of a name. @throws GatewayError `conflict` where it changes nothing */
export const approvePlan = (get: (name: string) => ChangingOperation): Operation =>
  defineOperation({
    name: "approve_plan",
    title: "Approve a plan",
    summary:
      "Approves another principal's plan that waits for it, after you have read it with get_plan: give the digest that you saw there, so that what you approve is what you read. Nobody approves their own plan, one about what they may do themselves, or an access that they do not hold. The approval counts for that plan alone, once, and for a short time; its proposer then performs it with apply_plan.",
    group: "governance",
    permission: "plans:approve",
    effect: "update",
    risk: "high",
    route: { method: "POST", path: "/plans/{id}/approve" },
    input: z.strictObject({
      id: planIdInput,
      digest: z.string().min(1).max(64).describe("The plan's digest, as get_plan shows it."),
    }),
    output: z.object({ plan: planRow }),
    run: (context, { id, digest }) =>
      decide(context, id, async (plan) => {
        const { actor, nowMs, governance } = context
        assertMayApprove(plan, actor, { digest, nowMs })
        await assertFitToApprove(context, { plan, operation: get(plan.operation) })
        const approval = {
          by: actor.principal.id,
          ...(actor.keyId !== undefined && { keyId: actor.keyId }),
          atMs: nowMs,
          digest,
          expiresAtMs: nowMs + governance.approvalMs,
        }
        return { ...plan, state: "approved", approvals: [...plan.approvals, approval].slice(-maxApprovals) }
      }),
    say: ({ plan: { id, operation, proposedBy, approvals } }) =>
      `The plan ${id} (${operation}) is approved until ${approvals.at(-1)?.expiresAt ?? "it expires"}; ${proposedBy} may apply it.`,
  })

export const rejectPlan = defineOperation({
  name: "reject_plan",
  title: "Reject a plan",
  summary:
    "Rejects a plan, or takes back one of your own, for good; the reason is shown to whoever proposed it. What it would have changed stays as it is. Ask for the change again to plan it anew.",
  group: "governance",
  permission: "plans:read",
  effect: "update",
  risk: "low",
  route: { method: "POST", path: "/plans/{id}/reject" },
  input: z.strictObject({ id: planIdInput, reason: z.string().min(1).max(500).describe("For its proposer.") }),
  output: z.object({ plan: planRow }),
  run: (context, { id, reason }) =>
    decide(context, id, async (plan) => {
      const { actor, nowMs } = context
      assertMayReject(plan, nowMs)
      return { ...plan, state: "rejected", rejection: { by: actor.principal.id, atMs: nowMs, reason } }
    }),
  say: ({ plan: { id, operation, proposedBy } }) =>
    `The plan ${id} of ${proposedBy} (${operation}) is rejected; nothing was changed.`,
})

/** One decision at a time, and none while a change is made. */
async function decide(
  context: OperationContext,
  id: string,
  decided: (plan: Plan) => Promise<Plan>,
): Promise<{ plan: PlanRow }> {
  const plan = await inChangeTurn(context, async () => {
    const plan = await findPlan(context, id)
    return context.plans.replace(await decided(plan), plan.version)
  })
  return { plan: await showPlan(context, plan) }
}
