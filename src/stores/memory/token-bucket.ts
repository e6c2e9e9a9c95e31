/**
 * Counts what is missing from a bucket of the limit's size that fills up evenly, the whole limit in one window. All in
 * whole numbers: what has come back but is not yet a whole one is kept as a count of parts, so nothing drifts.
 */

import type { Count, Rule } from "../../domain/quota/counters.ts"
import { windowLengthMs, type QuotaWindow } from "../../domain/quota/window.ts"
import { fits, type Tally } from "./tally.ts"

/** Ticks of one window at most, so that their square is still exact. */
const maxTicks = 2 ** 26

/** `ticks` of `tickMs` make one window, or a little more. */
type Pace = { readonly tickMs: number; readonly ticks: number }

export class TokenBucket implements Tally {
  /** Missing from the full bucket; more than the limit where more was used than known before. */
  #used = 0
  /** Of the next one to come back, in parts of `ticks`. */
  #parts = 0
  #tick = 0

  waitMs(rule: Rule, amount: number, nowMs: number): number {
    this.#refill(rule, nowMs)
    if (fits(this.#used, amount, rule.limit)) return 0
    if (rule.limit === 0) return windowLengthMs(rule.window)
    const missing = Math.min(this.#used, this.#used + Math.max(amount, 1) - rule.limit)
    return this.#used === 0 ? windowLengthMs(rule.window) : this.#backAtMs(rule, missing) - nowMs
  }

  take(rule: Rule, amount: number, nowMs: number): void {
    this.#refill(rule, nowMs)
    this.#begin(rule, nowMs)
    this.#used += amount
  }

  add(rule: Rule, amount: number, atMs: number): void {
    this.#refill(rule, atMs)
    this.#begin(rule, atMs)
    this.#used = Math.max(0, this.#used + amount)
  }

  count(rule: Rule, nowMs: number): Count {
    this.#refill(rule, nowMs)
    const { limit } = rule
    if (this.#used === 0) return { used: 0, limit, resetsAtMs: nowMs }
    const resetsAtMs = limit === 0 ? nowMs + windowLengthMs(rule.window) : this.#backAtMs(rule, this.#used)
    return { used: this.#used, limit, resetsAtMs }
  }

  isIdle(rule: Rule, nowMs: number): boolean {
    this.#refill(rule, nowMs)
    return this.#used === 0
  }

  #refill({ window, limit }: Rule, nowMs: number): void {
    const { tickMs, ticks } = paceOf(window)
    const tick = Math.floor(nowMs / tickMs)
    const passed = tick - this.#tick
    if (passed <= 0) return
    this.#tick = tick
    const rest = passed % ticks
    const perTick = Math.floor(limit / ticks)
    const parts = this.#parts + rest * (limit % ticks)
    const back = ((passed - rest) / ticks) * limit + rest * perTick + Math.floor(parts / ticks)
    this.#used = Math.max(0, this.#used - back)
    this.#parts = this.#used === 0 ? 0 : parts % ticks
  }

  /** What is taken from a full bucket in the middle of a tick begins to come back with the next. */
  #begin({ window }: Rule, nowMs: number): void {
    if (this.#used === 0) this.#tick = Math.max(this.#tick, Math.ceil(nowMs / paceOf(window).tickMs))
  }

  /** When so many of the missing ones are back. */
  #backAtMs({ window, limit }: Rule, missing: number): number {
    const { tickMs, ticks } = paceOf(window)
    const windows = Math.floor(missing / limit)
    const parts = (missing % limit) * ticks - this.#parts
    const left = parts % limit
    // Beyond 2^53 the division may be one short.
    const roundedUp = (left > 0 ? 1 : 0) + (parts > Number.MAX_SAFE_INTEGER ? 1 : 0)
    return (this.#tick + windows * ticks + (parts - left) / limit + roundedUp) * tickMs
  }
}

function paceOf(window: QuotaWindow): Pace {
  const lengthMs = windowLengthMs(window)
  const tickMs = Math.ceil(lengthMs / maxTicks)
  return { tickMs, ticks: Math.ceil(lengthMs / tickMs) }
}
