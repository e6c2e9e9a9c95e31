/** Performing what was planned: fulfil-plan.ts makes the change, the planned operation tells what came of it. */

import * as z from "zod"
import { inChangeTurn } from "../changes/change-turn.ts"
import { findPlan, planIdInput } from "./find-plan.ts"
import { fulfilPlan } from "./fulfil-plan.ts"
import { showPlan } from "./make-plan.ts"
import { defineOperation, type ChangingOperation, type Operation } from "../operation.ts"
import { planRow } from "./plan-row.ts"

/** @param get the operation of a name. @throws GatewayError `conflict` where it changes nothing */
export function applyPlan(get: (name: string) => ChangingOperation): Operation {
  return defineOperation({
    name: "apply_plan",
    title: "Apply a plan",
    summary:
      "Makes the change of a plan of your own: one that a dry run drafted, or one that another principal approved. It works once, in the plan's time, and only while the state that it was made from still stands and you still may; else plan it anew. What needs an approval waits for one from then on. Answers with what the planned operation answers.",
    group: "governance",
    permission: "plans:read",
    effect: "execute",
    risk: "high",
    route: { method: "POST", path: "/plans/{id}/apply" },
    input: z.strictObject({
      id: planIdInput,
      digest: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .describe("The digest you saw; refused where the plan has another."),
    }),
    output: z.object({
      plan: planRow,
      output: z.record(z.string(), z.unknown()).describe("What the planned operation answers."),
    }),
    run: async (context, { id, digest }) => {
      const { operation, fulfilled } = await inChangeTurn(context, async () => {
        const plan = await findPlan(context, id)
        const operation = get(plan.operation)
        return { operation, fulfilled: await fulfilPlan(context, { operation, plan, digest }) }
      })
      const { plan, input, applied } = fulfilled
      return { plan: await showPlan(context, plan), output: await operation.tell(context, input, applied) }
    },
    say: ({ plan: { id, operation }, output }) => `Plan ${id} is applied.\n${get(operation).say(output)}`,
  })
}
