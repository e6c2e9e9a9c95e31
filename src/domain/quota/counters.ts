/**
 * The port of what quotas have counted. It knows keys and rules, not who or what they stand for. Engines: memory, for
 * one node. What each promises is one suite of tests for all.
 */

import { GatewayError } from "../../errors.ts"
import { maxAmount } from "./amount.ts"
import type { Quota } from "./quota.ts"

/** How a key is counted. `limit` is an amount, see amount.ts. A key keeps its algorithm and window for good. */
export type Rule = Pick<Quota, "algorithm" | "window" | "action"> & { readonly limit: number }

export type Charge = {
  readonly key: string
  readonly rule: Rule
  /** Whole; see amount.ts. */
  readonly amount: number
}

export type Count = {
  /** May be above the limit, by what was known only afterwards. */
  readonly used: number
  readonly limit: number
  /** When all of the limit is there again, if no more is used. */
  readonly resetsAtMs: number
}

export type Taken =
  | { readonly allowed: true; readonly counts: readonly Count[] }
  | {
      readonly allowed: false
      /** Which of the charges; that with the longest wait where several refuse. */
      readonly refusedBy: number
      /** After it this charge fits, if no more is used; where it can never fit, until all of the limit is there. */
      readonly retryAfterMs: number
      readonly resetsAtMs: number
      readonly counts: readonly Count[]
    }

/** Answers are in the order of the charges. A clock that goes back hands out nothing twice. */
export interface Counters {
  /**
   * Counts all charges in one atomic step, or none. A charge fits where its amount is left, and a charge of nothing
   * where anything is left. Rules with the action `warn` count and never refuse.
   *
   * @throws GatewayError `invalid` for an amount that is not whole, negative or too large
   */
  take(charges: readonly Charge[], nowMs: number): Promise<Taken>
  /**
   * Counts what has happened and never refuses. A negative amount gives back what was taken at that instant, unless
   * its window is over.
   *
   * @param atMs may be in the past; what is too old to matter now is left out
   * @throws GatewayError `invalid` for an amount that is not whole or too large
   */
  add(charges: readonly Charge[], atMs: number): Promise<readonly Count[]>
  read(asked: readonly Pick<Charge, "key" | "rule">[], nowMs: number): Promise<readonly Count[]>
  forget(key: string): Promise<void>
}

/** @throws GatewayError `invalid` */
export function assertAmounts(charges: readonly Charge[], least: number): void {
  for (const { amount } of charges) {
    if (!Number.isInteger(amount) || amount < least || amount > maxAmount)
      throw new GatewayError("invalid", `An amount must be a whole number from ${least} to ${maxAmount}.`)
  }
}
