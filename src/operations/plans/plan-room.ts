/**
 * Room for plans: how many may be open, and how long those that are over are kept to be looked at. What a plan was is on
 * record elsewhere.
 */

import { isOpen, stateOf, type Plan, type Plans } from "../../domain/plans/plan.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"

const keptMs = 24 * 3_600_000
/** Of those that are over. */
const maxKept = 200

/**
 * @throws GatewayError `conflict` where the actor has too many of its own, `overloaded` where all have
 */
export async function makeRoom(context: OperationContext): Promise<void> {
  const { plans, actor, governance, nowMs } = context
  await sweepPlans(plans, nowMs)
  const open = (await listAll(plans)).filter(isOpen)
  const own = open.filter(({ proposedBy }) => proposedBy === actor.principal.id)
  if (own.length >= governance.plansPerPrincipal) return giveWay(plans, own)
  if (open.length < governance.plans) return
  throw new GatewayError(
    "overloaded",
    `${governance.plans} plans are open already; decide on some of them, or raise governance.plans.`,
    { next: { operation: "list_plans" } },
  )
}

async function giveWay(plans: Plans, own: readonly Plan[]): Promise<void> {
  const oldest = own.filter(({ state }) => state === "drafted").sort(byAge)[0]
  if (oldest) return plans.remove(oldest.id, oldest.version)
  throw new GatewayError(
    "conflict",
    `You have ${own.length} plans that wait for an approval, and no more are kept (governance.plansPerPrincipal); take one back with reject_plan.`,
    { next: { operation: "list_plans" } },
  )
}

/** Ends what has expired, and forgets what is long over. */
export async function sweepPlans(plans: Plans, nowMs: number): Promise<void> {
  const all = await listAll(plans)
  for (const plan of all.filter(isOpen))
    if (stateOf(plan, nowMs) === "expired") await plans.replace({ ...plan, state: "expired" }, plan.version)
  const over = all.filter((plan) => !isOpen(plan)).sort(byAge)
  const tooMany = Math.max(0, over.length - maxKept)
  for (const [at, plan] of over.entries())
    if (at < tooMany || plan.expiresAtMs + keptMs <= nowMs) await plans.remove(plan.id, plan.version)
}

function byAge(one: Plan, other: Plan): number {
  return one.createdAtMs - other.createdAtMs
}
