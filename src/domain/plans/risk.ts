/**
 * How risky a change is, and why. Every rule that applies gives its reason; the highest class of them counts, and what no
 * rule speaks of is low. The table: risk-rules.ts. What follows from the class: plan.ts.
 */

import type { Change } from "../changes/change.ts"
import type { Principal } from "../principal.ts"
import { riskClasses, riskRules, type RiskClass, type Rule } from "./risk-rules.ts"
import type { Taint } from "./taint.ts"

export type Risk = { readonly class: RiskClass; readonly reasons: readonly RiskReason[] }
type RiskReason = { readonly rule: string; readonly class: RiskClass; readonly reason: string }

/** @param taint of the actor, where that counts for it */
export function riskOf(changes: readonly Change[], actor: Principal, taint?: Taint): Risk {
  const ofChanges = riskRules
    .filter(({ applies }) => changes.some((change) => applies(change, actor)))
    .map(({ id, class: of, reason }) => ({ rule: id, class: classFor(of, actor), reason }))
  const reasons = taint && changes.length > 0 ? [...ofChanges, tainted(taint)] : ofChanges
  return { class: highestOf(reasons), reasons }
}

/** Of one change at two times: what spoke against it then still does. */
export function joinRisks(one: Risk, other: Risk): Risk {
  const added = other.reasons.filter(({ rule }) => one.reasons.every((known) => known.rule !== rule))
  const reasons = [...one.reasons, ...added]
  return { class: highestOf(reasons), reasons }
}

function classFor(of: Rule["class"], { kind }: Principal): RiskClass {
  if (typeof of === "string") return of
  return kind === "human" ? of.people : of.agents
}

/** Whoever decides must know whose wish it may be. */
function tainted({ service, callsAgo }: Taint): RiskReason {
  const when = callsAgo === 0 ? "are on their way" : `came ${callsAgo} calls ago`
  return { rule: "tainted", class: "high", reason: `may be what ${service} wants: results of it, which is not trusted, ${when}` } // oxfmt-ignore
}

function highestOf(reasons: readonly RiskReason[]): RiskClass {
  return riskClasses.findLast((one) => reasons.some((reason) => reason.class === one)) ?? "low"
}
