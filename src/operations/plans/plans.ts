/** Plans, to be looked at. What may be done with one: decide-plan.ts and apply-plan.ts. */

import * as z from "zod"
import { maySee } from "../../domain/plans/plan-rules.ts"
import { planStates, stateOf } from "../../domain/plans/plan.ts"
import { findPlan, planIdInput } from "./find-plan.ts"
import { principalNames, showPlan } from "./make-plan.ts"
import { defineOperation } from "../operation.ts"
import { listAll, pageInput, pageOf, pageOutput } from "../page.ts"
import { planRow, planSummary, sayPlan, toPlanSummary } from "./plan-row.ts"
import { formatTable, more } from "../plain-text.ts"

export const listPlans = defineOperation({
  name: "list_plans",
  title: "List the plans",
  summary:
    "Lists changes that were planned and how they stand: what a dry run drafted, what waits for an approval (pending), what was approved, rejected, applied, or has expired. You see your own, and with plans:approve everybody's. See one whole with get_plan; decide on one with approve_plan or reject_plan; perform your own with apply_plan.",
  group: "governance",
  permission: "plans:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/plans" },
  resource: { uri: "gateway://plans", events: ["plans", "identity"] },
  input: z.strictObject({
    state: z.enum(planStates).optional().describe("Only those that stand so."),
    ...pageInput,
  }),
  output: z.object({ plans: z.array(planSummary), ...pageOutput }),
  run: async (context, { state, ...page }) => {
    const { plans, actor, nowMs } = context
    const seen = (await listAll(plans)).filter(
      (plan) => maySee(plan, actor) && (state === undefined || stateOf(plan, nowMs) === state),
    )
    const { items, nextCursor } = pageOf(seen, ({ createdAtMs, id }) => `${createdAtMs} ${id}`, page)
    const nameOf = await principalNames(context)
    const summaries = items.map((plan) => {
      const page = context.pageOf(plan.id)
      return { ...toPlanSummary(plan, nameOf, nowMs), ...(page !== undefined && { page }) }
    })
    return { plans: summaries, nextCursor }
  },
  say: ({ plans, nextCursor }) => {
    if (plans.length === 0) return "No plans."
    const rows = plans.map((plan) => [
      plan.id,
      plan.state,
      plan.risk,
      plan.proposedBy,
      plan.operation,
      plan.subjects.join(", "),
      plan.expiresAt,
    ])
    return formatTable(["ID", "STATE", "RISK", "BY", "OPERATION", "OF", "UNTIL"], rows) + more(nextCursor)
  },
})

export const getPlan = defineOperation({
  name: "get_plan",
  title: "See one plan",
  summary:
    "Shows a plan whole: the lines that would change, whom and which tools it affects, how risky it is and why, its digest, and who decided on it. Read it before you approve_plan, with that digest, or reject_plan.",
  group: "governance",
  permission: "plans:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/plans/{id}" },
  input: z.strictObject({ id: planIdInput }),
  output: z.object({ plan: planRow }),
  run: async (context, { id }) => ({ plan: await showPlan(context, await findPlan(context, id)) }),
  say: ({ plan }) => sayPlan(plan),
})
