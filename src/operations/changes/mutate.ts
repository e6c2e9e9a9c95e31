/**
 * From a draft to a change, or to a plan: the one way in which operations change the gateway's state. One goes this way
 * at a time, from what it looks at to what it writes; what is answered is told when the next may begin, since to tell
 * may take as long as a service takes to start.
 *
 * What makes a plan: make-plan.ts; what applies one later: fulfil-plan.ts. How changes come to the stores:
 * apply-recorded.ts.
 */

import { withGraveFindings } from "../../domain/admission/findings-risk.ts"
import { needsApproval } from "../../domain/plans/plan-rules.ts"
import type { Plan } from "../../domain/plans/plan.ts"
import { riskOf } from "../../domain/plans/risk.ts"
import { applyDraft } from "./apply-recorded.ts"
import type { Asked } from "./change-operation.ts"
import { inChangeTurn } from "./change-turn.ts"
import { commitPatchOf, withPatch } from "../history/commit-patch.ts"
import { confirmAndApply, wayToConfirm } from "./confirm.ts"
import {
  assertNotPlanned,
  makePlan,
  pendingPlan,
  planRequired,
  requirePlan,
  showPlan,
  type Planned,
} from "../plans/make-plan.ts"
import type { ChangingOperation, OperationContext } from "../operation.ts"
import { inTurn } from "./turn.ts"

type Values = Readonly<Record<string, unknown>>

export async function mutate(
  operation: ChangingOperation,
  context: OperationContext,
  { dry_run: dryRun = false, ...input }: Asked<Values>,
): Promise<Values> {
  const come = await inChangeTurn(context, async () => {
    const { actor, governance } = context
    const draft = await operation.draft(context, input)
    const risk = riskOf(draft.changes, actor.principal, context.taint())
    const planned = { operation, input, draft, risk }
    const commit = await commitPatchOf(context, draft.changes)
    if (dryRun || commit) return { planned, keep: keepDraft, commit }
    if (operation.approval === "always") return { planned, keep: pendingPlan }
    if (wayToConfirm(context, risk)) return { planned, keep: pendingPlan, isAsked: true }
    if (!needsApproval(governance, risk, actor.principal))
      return { applied: await applyDraft(context, { operation: operation.name, draft }) }
    await assertNotPlanned(context, planned)
    return { planned, keep: requirePlan }
  })
  if (come.applied) return operation.tell(context, input, come.applied)
  const planned = await examine(context, come.planned)
  const plan = await inTurn(context.plans, () => come.keep(context, planned))
  if (!come.isAsked) return { plan: withPatch(await showPlan(context, plan), come.commit) }
  // What was found meanwhile may want another's word.
  const way = wayToConfirm(context, planned.risk)
  if (!way) throw planRequired(plan, context)
  return confirmAndApply(context, { operation, plan, way })
}

function keepDraft(context: OperationContext, planned: Planned): Promise<Plan> {
  return makePlan(context, planned, "drafted")
}

/** Outside of its turn: others may change things meanwhile, and what is decided on is the state that was drafted from. */
async function examine(context: OperationContext, planned: Planned): Promise<Planned> {
  const { operation, draft, risk } = planned
  const examined = await operation.examine?.(context, draft.changes)
  if (!examined) return planned
  const notes = [...(draft.notes ?? []), ...examined.notes]
  const worse = examined.findings === "grave" ? withGraveFindings(risk) : risk
  return { ...planned, draft: { ...draft, notes }, risk: worse }
}
