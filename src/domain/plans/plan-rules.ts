/**
 * Who may do what with a plan. Who proposes does not approve, whom it concerns does not either, and only the proposer
 * applies: what comes of it, such as the text of a key, is for whoever asked. Whatever was decided once is decided.
 */

import { GatewayError, type ErrorDetail } from "../../errors.ts"
import type { ShownChange } from "../changes/change-shown.ts"
import type { CompiledGrants } from "../permission.ts"
import { maxConcerned, stateOf, type Governance, type Plan, type PlanState } from "./plan.ts"
import type { ActivePrincipal, Principal } from "../principal.ts"
import type { Risk } from "./risk.ts"

/** For whom a taint counts is decided before it is one of the reasons. */
export function needsApproval(governance: Governance, risk: Risk, actor: Principal): boolean {
  return isTainted(risk) || (risk.class === "high" && isGoverned(governance, actor))
}

/**
 * Whose word a change wants where somebody can be asked: the human's at the caller's own client, or another principal's. A
 * taint alone is the former's to judge, who knows what the agent was told to do.
 */
export function confirmationOf(
  governance: Governance,
  risk: Risk,
  actor: Principal,
): "none" | "client" | "another" {
  const own = risk.reasons.filter(({ rule }) => rule !== taintRule).map((reason) => reason.class)
  if (isGoverned(governance, actor) && own.includes("high")) return "another"
  return isTainted(risk) || (isGoverned(governance, actor) && own.includes("medium")) ? "client" : "none"
}

const taintRule = "tainted"

function isTainted({ reasons }: Risk): boolean {
  return reasons.some(({ rule }) => rule === taintRule)
}

function isGoverned({ approval }: Governance, { kind }: Principal): boolean {
  return approval === "all" || (approval === "agents" && kind !== "human")
}

/** Everybody sees their own. */
export function maySee({ proposedBy }: Plan, { principal, may }: ActivePrincipal): boolean {
  return proposedBy === principal.id || mayDecide(may)
}

export function mayDecide(may: CompiledGrants): boolean {
  return may.holds("plans:approve")
}

/** Who approves must see all of it. @throws GatewayError `too_large` */
export function assertShownWhole(changes: readonly ShownChange[]): void {
  if (changes.every(({ cut }) => cut === undefined)) return
  throw new GatewayError(
    "too_large",
    "This needs an approval, and is too long to be shown whole to who gives it; make the change in smaller steps.",
  )
}

type Asked = { readonly digest?: string | undefined; readonly nowMs: number }

/** @throws GatewayError `forbidden`, `conflict`, `too_large` */
export function assertMayApprove(plan: Plan, { principal }: ActivePrincipal, { digest, nowMs }: Asked): void {
  if (plan.proposedBy === principal.id)
    throw refused("forbidden", plan, "is yours: who proposes a plan does not approve it. Ask another principal.")
  assertNotConcerned(plan, principal)
  assertStands(plan, { digest, nowMs })
  assertShownWhole(plan.changes)
  const state = stateOf(plan, nowMs)
  if (state !== "pending") throw refused("conflict", plan, notPending[state])
}

/** As far as it can be told from the plan alone; undefined where nothing speaks against it. */
export function whyNotApprove(plan: Plan, actor: ActivePrincipal, nowMs: number): string | undefined {
  try {
    assertMayApprove(plan, actor, { nowMs })
  } catch (thrown) {
    return GatewayError.from(thrown).message
  }
  return mayDecide(actor.may) ? undefined : "It takes plans:approve. Ask another principal."
}

/** @throws GatewayError `forbidden` */
function assertNotConcerned(plan: Plan, { id }: Principal): void {
  if (plan.concerns.includes(id))
    throw refused("forbidden", plan, "is about what you may do yourself. Ask another principal to decide on it.")
  if (plan.deciders?.includes(id) ?? true) return
  throw refused(
    "forbidden",
    plan,
    `is about more than ${maxConcerned} principals: only who could decide on it when it was made does, and whom it is not about. Ask such a one, or have it planned anew.`,
  )
}

/** @throws GatewayError `forbidden`, `conflict` */
export function assertMayApply(plan: Plan, { principal }: ActivePrincipal, asked: Asked): void {
  if (plan.proposedBy !== principal.id)
    throw refused("forbidden", plan, "is another principal's: only who proposed a plan applies it.")
  assertStands(plan, asked)
}

/** Whoever may decide rejects any; everybody takes back their own. @throws GatewayError `conflict` */
export function assertMayReject(plan: Plan, nowMs: number): void {
  assertStands(plan, { nowMs })
}

/** @throws GatewayError `conflict` */
function assertStands(plan: Plan, { digest, nowMs }: Asked): void {
  const over = ended[stateOf(plan, nowMs)]
  if (over !== undefined) throw refused("conflict", plan, over)
  if (digest !== undefined && digest !== plan.digest)
    throw refused("conflict", plan, "has another digest: look at it again before you decide.")
}

const anew = "ask for the change again to plan it anew."
const ended: Readonly<Partial<Record<PlanState, string>>> = {
  applied: `was applied already; ${anew}`,
  rejected: `was rejected; ${anew}`,
  expired: `has expired; ${anew}`,
}
const notPending: Readonly<Record<Exclude<PlanState, "pending">, string>> = {
  drafted: "does not wait for an approval: it was not asked to be applied yet.",
  approved: "is approved already; its proposer may apply it.",
  applied: "was applied already.",
  rejected: "was rejected.",
  expired: "has expired.",
}

function refused(code: "forbidden" | "conflict", { id }: Plan, why: string): GatewayError {
  const about: ErrorDetail = { detail: { plan: id }, next: { operation: "get_plan", arguments: { id } } }
  return new GatewayError(code, `The plan ${id} ${why}`, about)
}
