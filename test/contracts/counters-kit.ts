/** Charges and rules for the contract of counters. */

import type { Charge, Counters, Rule, Taken } from "../../src/domain/quota/counters.ts"
import type { Algorithm } from "../../src/domain/quota/quota.ts"
import type { QuotaWindow } from "../../src/domain/quota/window.ts"

export type OpenedCounters = AsyncDisposable & { readonly counters: Counters }

export const hourMs = 3_600_000
/** The begin of an hour in UTC. */
export const start = Date.UTC(2026, 10, 21, 9)

export function windowOf(unit: QuotaWindow["unit"], changes: Partial<QuotaWindow> = {}): QuotaWindow {
  return { unit, count: 1, align: "rolling", timeZone: "UTC", ...changes }
}

export function ruleOf(algorithm: Algorithm, limit: number, changes: Partial<Rule> = {}): Rule {
  return { algorithm, limit, window: windowOf("hour"), action: "refuse", ...changes }
}

export function charge(key: string, rule: Rule, amount = 1): Charge {
  return { key, rule, amount }
}

export async function takeTimes(counters: Counters, one: Charge, times: readonly number[]): Promise<Taken[]> {
  const answers: Taken[] = []
  for (const atMs of times) answers.push(await counters.take([one], atMs))
  return answers
}
