/**
 * Counts what was used within the last window's length, so that no time of that length ever holds more than the limit.
 * Times are rounded up to slots, of which there are a bounded number: what was used is remembered a little longer than
 * it must be (a 4,095th of the window at most), never shorter. Windows up to four seconds are exact to the ms.
 */

import type { Count, Rule } from "../../domain/quota/counters.ts"
import { windowLengthMs, type QuotaWindow } from "../../domain/quota/window.ts"
import { fits, type Tally } from "./tally.ts"

/** One more may be live at a time, since a slot ends up to its length after what it holds. */
const slotsPerWindow = 4_095
const compactAfter = 1_024

export class SlidingWindow implements Tally {
  #used = 0
  #latestMs = 0
  /** Ends of slots, ascending, and what was used in each; those before `#first` are over. */
  #ends: number[] = []
  #amounts: number[] = []
  #first = 0

  waitMs(rule: Rule, amount: number, nowMs: number): number {
    this.#expire(rule, nowMs)
    if (fits(this.#used, amount, rule.limit)) return 0
    return this.#whenFits(rule, amount, nowMs) - nowMs
  }

  take(rule: Rule, amount: number, nowMs: number): void {
    this.#expire(rule, nowMs)
    if (amount > 0) this.#put(slotEnd(rule.window, this.#latestMs), amount)
  }

  add(rule: Rule, amount: number, atMs: number): void {
    this.#expire(rule, atMs)
    const end = slotEnd(rule.window, atMs)
    if (amount < 0) this.#giveBack(end, -amount)
    else if (amount > 0 && end + windowLengthMs(rule.window) > this.#latestMs) this.#put(end, amount)
  }

  count(rule: Rule, nowMs: number): Count {
    this.#expire(rule, nowMs)
    const last = this.#ends.at(-1)
    const resetsAtMs = this.#used === 0 || last === undefined ? nowMs : last + windowLengthMs(rule.window)
    return { used: this.#used, limit: rule.limit, resetsAtMs }
  }

  isIdle(rule: Rule, nowMs: number): boolean {
    this.#expire(rule, nowMs)
    return this.#used === 0
  }

  #whenFits(rule: Rule, amount: number, nowMs: number): number {
    const lengthMs = windowLengthMs(rule.window)
    if (this.#used === 0) return nowMs + lengthMs
    let left = this.#used
    for (let at = this.#first; at < this.#ends.length; at++) {
      left -= this.#amounts[at] ?? 0
      if (left === 0 || fits(left, amount, rule.limit)) return (this.#ends[at] ?? nowMs) + lengthMs
    }
    return nowMs + lengthMs
  }

  #expire({ window }: Rule, nowMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, nowMs)
    const overMs = this.#latestMs - windowLengthMs(window)
    while ((this.#ends[this.#first] ?? Number.POSITIVE_INFINITY) <= overMs) {
      this.#used -= this.#amounts[this.#first] ?? 0
      this.#first += 1
    }
    if (this.#first >= compactAfter || this.#first === this.#ends.length) this.#compact()
  }

  #compact(): void {
    if (this.#first === 0) return
    this.#ends = this.#ends.slice(this.#first)
    this.#amounts = this.#amounts.slice(this.#first)
    this.#first = 0
  }

  #put(end: number, amount: number): void {
    const before = this.#ends.findLastIndex((other) => other <= end)
    this.#used += amount
    if (this.#ends[before] === end) this.#amounts[before] = (this.#amounts[before] ?? 0) + amount
    else {
      this.#ends.splice(before + 1, 0, end)
      this.#amounts.splice(before + 1, 0, amount)
    }
  }

  #giveBack(end: number, amount: number): void {
    const at = this.#ends.lastIndexOf(end)
    if (at < this.#first) return
    const given = Math.min(amount, this.#amounts[at] ?? 0)
    this.#amounts[at] = (this.#amounts[at] ?? 0) - given
    this.#used -= given
  }
}

function slotEnd(window: QuotaWindow, atMs: number): number {
  const slotMs = Math.ceil(windowLengthMs(window) / slotsPerWindow)
  return Math.ceil(atMs / slotMs) * slotMs
}
