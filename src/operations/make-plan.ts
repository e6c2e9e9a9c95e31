/** From a draft to a plan that is kept, and how it is shown. What it means to decide on one: domain/plan.ts. */

import { showChanges } from "../domain/change-shown.ts"
import { digestOf, type Plan } from "../domain/plan.ts"
import type { Risk } from "../domain/risk.ts"
import type { ChangingOperation, Draft, OperationContext } from "./operation.ts"
import { listAll } from "./page.ts"
import { toPlanRow, type PlanRow } from "./plan-row.ts"
import { sealInput } from "./sealed-input.ts"

type Planned = {
  readonly operation: ChangingOperation
  readonly input: Readonly<Record<string, unknown>>
  readonly draft: Draft
  readonly risk: Risk
  readonly state: Plan["state"]
}

export async function makePlan(
  context: OperationContext,
  { operation, input, draft, risk, state }: Planned,
): Promise<Plan> {
  const { actor, plans, sealer, newId, nowMs, governance } = context
  const { name } = operation
  const [id, nonce] = [newId(), newId()]
  return plans.insert({
    id,
    operation: name,
    sealed: sealInput(sealer, id, { nonce, input }),
    proposedBy: actor.principal.id,
    state,
    changes: showChanges(draft.changes),
    affects: { principals: { count: 0, names: [] }, tools: { count: 0, names: [] } },
    notes: draft.notes ?? [],
    risk,
    digest: digestOf({ nonce, operation: name, input, changes: draft.changes }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + governance.planMs,
    approvals: [],
  })
}

export async function showPlan({ principals, nowMs }: OperationContext, plan: Plan): Promise<PlanRow> {
  const names = new Map((await listAll(principals)).map(({ id, name }) => [id, name]))
  return toPlanRow(plan, (id) => names.get(id) ?? id, nowMs)
}
