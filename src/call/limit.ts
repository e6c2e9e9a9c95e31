/**
 * The limit step of a call: may this principal call now, or must it wait? All quotas that cover the call count it or
 * none does, and how many calls one principal may have open is bounded.
 *
 * What is known only when the call has ended (the bytes of its answer, its time, what it cost by either) is added
 * then: so a quota in anything but calls can be overshot, by what the calls that were let through before it was used
 * up turn out to take. What is known beforehand (the call itself, the bytes of its arguments, its fixed cost) must be
 * left or the call is refused.
 *
 * What a quota is: domain/quota/quota.ts. Where it is counted: domain/quota/counters.ts. The words of a refusal:
 * over-quota.ts. Who is told that a quota runs short: quota-alerts.ts.
 */

import type { ActivePrincipal } from "../domain/principal.ts"
import { countedOf, fromAmount, type Uses } from "../domain/quota/amount.ts"
import type { AppliedQuota, CompiledQuotas } from "../domain/quota/compiled-quotas.ts"
import type { Charge, Count, Counters } from "../domain/quota/counters.ts"
import type { Quota } from "../domain/quota/quota.ts"
import { restoreCounts } from "../domain/quota/restore.ts"
import type { Usage } from "../domain/usage.ts"
import { OpenCounts } from "./open-counts.ts"
import { overQuota, tooManyOpen } from "./over-quota.ts"
import { QuotaAlerts, type QuotaAlert } from "./quota-alerts.ts"

export type LimiterOptions = {
  /** The snapshot of this moment. */
  readonly quotas: () => CompiledQuotas
  readonly counters: Counters
  /** Epoch ms. */
  readonly now: () => number
  /** Must not throw. */
  readonly onAlert: (alert: QuotaAlert) => void
  /** `limits.callsPerPrincipal` */
  readonly maxOpenPerPrincipal: number
}

export type LimitedCall = {
  readonly principal: ActivePrincipal
  readonly service: string
  readonly canonicalName: string
  readonly ownName?: string | undefined
  /** Of the arguments. */
  readonly bytesIn: number
  /** What it costs whatever it takes. */
  readonly fixedCostMicroUsd: number
}

/** How a quota stood when the call was let through, in its own unit. */
export type AllowanceState = {
  readonly quota: Quota
  readonly used: number
  readonly limit: number
  readonly resetsAtMs: number
}

/** What the whole call took; `bytes` are those of arguments and answer. */
type Actual = Pick<Uses, "bytes" | "computeMs" | "costMicroUsd">

/** The claim of one open call. Exactly one of its two ends counts: the first. */
export type Allowance = {
  readonly states: readonly AllowanceState[]
  /** The call was made: adds what was not known before. */
  settle(actual: Actual): void
  /** The call was not made. */
  giveBack(): void
}

export type Limiter = {
  /**
   * At once where no quota covers the call.
   *
   * @throws GatewayError `quota_exceeded`, detail `{ quota, resetsAt, ... }`; `overloaded`
   */
  limit(asked: LimitedCall): Allowance | Promise<Allowance>
  /** Counts again what was used before a restart. */
  restore(past: Usage["past"], nowMs: number): Promise<void>
}

export function createLimiter(options: LimiterOptions): Limiter {
  const { quotas, counters, now, maxOpenPerPrincipal } = options
  const open = new OpenCounts(maxOpenPerPrincipal, tooManyOpen)
  const alerts = new QuotaAlerts(options.onAlert)
  const claiming: Claiming = { counters, alerts, now }
  return {
    limit: (asked) => {
      const { principal, keyId } = asked.principal
      const { id: principalId, team } = principal
      const applied = quotas().find({ ...asked, principalId, keyId, team })
      const release = open.enter(principalId)
      return applied.length === 0
        ? unlimited(release)
        : claim(claiming, asked, applied, release).catch((thrown: unknown) => {
            release()
            throw thrown
          })
    },
    restore: (past, nowMs) => restoreCounts(quotas().all, { counters, past }, nowMs),
  }
}

type Claiming = { readonly counters: Counters; readonly alerts: QuotaAlerts; readonly now: () => number }

function unlimited(release: () => void): Allowance {
  return { states: [], settle: release, giveBack: release }
}

async function claim(
  { counters, alerts, now }: Claiming,
  asked: LimitedCall,
  applied: readonly AppliedQuota[],
  release: () => void,
): Promise<Allowance> {
  const takenAtMs = now()
  const before = { calls: 1, bytes: asked.bytesIn, computeMs: 0, costMicroUsd: asked.fixedCostMicroUsd }
  const charges = chargesOf(applied, before)
  const taken = await counters.take(charges, takenAtMs)
  if (!taken.allowed) throw overQuota(applied, charges, taken, asked.principal)
  alerts.look(applied, taken.counts, takenAtMs)
  const settle = async (actual: Actual): Promise<void> => {
    const rest = restOf(applied, charges, actual)
    if (rest.every(({ amount }) => amount === 0)) return
    const endedAtMs = now()
    alerts.look(applied, await counters.add(rest, endedAtMs), endedAtMs)
  }
  const giveBack = async (): Promise<void> => void (await counters.add(charges.map(negative), takenAtMs))
  const end = endOnce(release)
  return {
    states: applied.map(({ quota }, at) => stateOf(quota, taken.counts[at])),
    settle: (actual) => end(() => settle(actual)),
    giveBack: () => end(giveBack),
  }
}

function chargesOf(applied: readonly AppliedQuota[], uses: Uses): readonly Charge[] {
  return applied.map(({ quota, key, rule }) => ({ key, rule, amount: countedOf(quota.unit, uses) }))
}

/** What was known before is not given back, should the call have come cheaper. */
function restOf(applied: readonly AppliedQuota[], taken: readonly Charge[], actual: Actual): readonly Charge[] {
  return chargesOf(applied, { ...actual, calls: 1 }).map((charge, at) => ({
    ...charge,
    amount: Math.max(0, charge.amount - (taken[at]?.amount ?? 0)),
  }))
}

function negative(charge: Charge): Charge {
  return { ...charge, amount: -charge.amount }
}

/** What cannot be added is on record all the same, and is counted again at the next start. */
function endOnce(release: () => void): (count: () => Promise<void>) => void {
  let ended = false
  return (count) => {
    if (ended) return
    ended = true
    release()
    count().catch(() => undefined)
  }
}

function stateOf(quota: Quota, count: Count | undefined): AllowanceState {
  const { used = 0, resetsAtMs = 0 } = count ?? {}
  return { quota, used: fromAmount(quota.unit, used), limit: quota.limit, resetsAtMs }
}
