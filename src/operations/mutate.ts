/**
 * From a draft to a change, or to a plan: the one way in which operations change the gateway's state. One goes this way
 * at a time, from what it looks at to what it writes; what is answered is told when the next may begin, since to tell
 * may take as long as a service takes to start.
 *
 * What makes a plan: make-plan.ts; what applies one later: fulfil-plan.ts. How changes come to the stores:
 * apply-recorded.ts.
 */

import { needsApproval } from "../domain/plan-rules.ts"
import { riskOf } from "../domain/risk.ts"
import { applyDraft } from "./apply-recorded.ts"
import type { Asked } from "./change-operation.ts"
import { commitPatchOf, withPatch } from "./commit-patch.ts"
import { makePlan, pendingPlan, requirePlan, showPlan } from "./make-plan.ts"
import type { ChangingOperation, OperationContext } from "./operation.ts"
import { inTurn } from "./turn.ts"

type Values = Readonly<Record<string, unknown>>

export async function mutate(
  operation: ChangingOperation,
  context: OperationContext,
  { dry_run: dryRun = false, ...input }: Asked<Values>,
): Promise<Values> {
  const come = await inTurn(context.plans, async () => {
    const { actor, governance } = context
    const draft = await operation.draft(context, input)
    const risk = riskOf(draft.changes, actor.principal, context.taint())
    const planned = { operation, input, draft, risk }
    const commit = await commitPatchOf(context, draft.changes)
    if (dryRun || commit) return { plan: await makePlan(context, planned, "drafted"), commit }
    if (operation.approval === "always") return { plan: await pendingPlan(context, planned) }
    if (needsApproval(governance, risk, actor.principal)) return requirePlan(context, planned)
    return { applied: await applyDraft(context, { operation: operation.name, draft }) }
  })
  if (come.plan) return { plan: withPatch(await showPlan(context, come.plan), come.commit) }
  return operation.tell(context, input, come.applied)
}
