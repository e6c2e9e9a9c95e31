/** The plan that an operation speaks of, by its id. One that the actor may not see does not exist. */

import * as z from "zod"
import { maySee } from "../domain/plan-rules.ts"
import type { Plan } from "../domain/plan.ts"
import { GatewayError } from "../errors.ts"
import type { OperationContext } from "./operation.ts"

export const planIdInput = z.string().min(1).max(64).describe("The id of a plan, as list_plans shows it.")

/** @throws GatewayError `not_found` */
export async function findPlan({ plans, actor }: OperationContext, id: string): Promise<Plan> {
  const plan = await plans.find(id)
  if (plan && maySee(plan, actor)) return plan
  throw new GatewayError("not_found", `There is no plan with the id ${id}.`, { next: { operation: "list_plans" } })
}
