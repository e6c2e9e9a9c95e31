/** The plan that an operation speaks of, by its id. One that the actor may not see does not exist. */

import * as z from "zod"
import { maySee } from "../../domain/plans/plan-rules.ts"
import type { Plan } from "../../domain/plans/plan.ts"
import { GatewayError } from "../../errors.ts"
import type { ChangingOperation, Operation, OperationContext } from "../operation.ts"

export const planIdInput = z.string().min(1).max(64).describe("The id of a plan, as list_plans shows it.")

/** @throws GatewayError `not_found` */
export async function findPlan({ plans, actor }: OperationContext, id: string): Promise<Plan> {
  const plan = await plans.find(id)
  if (plan && maySee(plan, actor)) return plan
  throw new GatewayError("not_found", `There is no plan with the id ${id}.`, { next: { operation: "list_plans" } })
}

/** The operation that a plan is of. @throws GatewayError `conflict` where there is no such any longer */
export function getPlanned(all: readonly Operation[], name: string): ChangingOperation {
  const operation = all.find((one) => one.name === name)
  if (operation && "draft" in operation) return operation
  throw new GatewayError("conflict", `This gateway has no operation ${name} that could be planned.`)
}
