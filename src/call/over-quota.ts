/** The refusals of the limit step, in words that a model can act on. Who decides: limit.ts. */

import type { ActivePrincipal } from "../domain/principal.ts"
import { fromAmount } from "../domain/quota/amount.ts"
import type { AppliedQuota } from "../domain/quota/compiled-quotas.ts"
import type { Charge, Taken } from "../domain/quota/counters.ts"
import { sayAllowance, saySubject, sayTarget, sayWait } from "../domain/quota/quota-words.ts"
import type { Quota } from "../domain/quota/quota.ts"
import { GatewayError } from "../errors.ts"

export type Refused = Extract<Taken, { readonly allowed: false }>

export function overQuota(
  applied: readonly AppliedQuota[],
  charges: readonly Charge[],
  refused: Refused,
  { principal: caller, may }: ActivePrincipal,
): GatewayError {
  const { refusedBy, retryAfterMs, resetsAtMs, counts } = refused
  const quota = applied[refusedBy]?.quota
  const charge = charges[refusedBy]
  if (!quota || !charge) return new GatewayError("internal", "A quota that was not asked has refused.")
  const { id, name, subject, target, limit, unit, contact } = quota
  const used = fromAmount(unit, counts[refusedBy]?.used ?? 0)
  const resetsAt = new Date(resetsAtMs).toISOString()
  const facts = { limit, unit, used, resetsAt, contact, target: sayTarget(target) }
  const who = saySubject(subject, (principalId) => (principalId === caller.id ? caller.name : principalId))
  const wait = `It resets at ${resetsAt} (in ${sayWait(retryAfterMs)}). Do not retry before`
  const maySee = may.holds("self:read")
  const advice = fitsNever(charge) ? "No retry can help" : wait
  return new GatewayError(
    "quota_exceeded",
    `${sayQuota(quota, charge, used)} ${advice}; ask ${contact} for more${maySee ? ", or see list_quotas" : ""}.`,
    {
      detail: { quota: id, ...(name !== undefined && { name }), subject: who, ...facts },
      retryAfterMs,
      ...(maySee && { next: { operation: "list_quotas" } }),
    },
  )
}

export function tooManyOpen(max: number): GatewayError {
  return new GatewayError(
    "overloaded",
    `You have ${max} calls open, as many as limits.callsPerPrincipal lets you; wait for one of them to end.`,
    { detail: { limit: "limits.callsPerPrincipal", open: max }, retryAfterMs: 1_000 },
  )
}

function sayQuota(quota: Quota, charge: Charge, used: number): string {
  const { name, unit, limit } = quota
  const which = `The quota ${name === undefined ? "" : `"${name}" `}of ${sayAllowance(quota)}`
  if (limit === 0) return `${which} lets nothing pass.`
  const needed = fromAmount(unit, charge.amount)
  if (fitsNever(charge)) return `${which} is smaller than what this call alone takes (${needed}).`
  return used >= limit
    ? `${which} is used up.`
    : `${which} has ${tidy(limit - used)} left and this call takes ${needed}.`
}

function fitsNever({ amount, rule }: Charge): boolean {
  return Math.max(amount, 1) > rule.limit
}

/** 0.3 - 0.1 is 0.19999999999999998. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
