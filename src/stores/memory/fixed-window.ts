/** Counts within one window after the other: those of the calendar, or each begun by the first use after the last. */

import type { Count, Rule } from "../../domain/quota/counters.ts"
import { calendarSpan, windowLengthMs, type Span } from "../../domain/quota/window.ts"
import { fits, type Tally } from "./tally.ts"

export class FixedWindow implements Tally {
  #used = 0
  /** The window counted last; it stays until its end, so that a clock that goes back opens no other. */
  #span: Span | undefined

  waitMs(rule: Rule, amount: number, nowMs: number): number {
    this.#roll(rule, nowMs)
    if (fits(this.#used, amount, rule.limit)) return 0
    return this.#span ? this.#span.endMs - nowMs : windowLengthMs(rule.window)
  }

  take(rule: Rule, amount: number, nowMs: number): void {
    this.#roll(rule, nowMs)
    this.#span ??= { startMs: nowMs, endMs: nowMs + windowLengthMs(rule.window) }
    this.#used += amount
  }

  /** What is older than the window is counted in it all the same, but not given back to it. */
  add(rule: Rule, amount: number, atMs: number): void {
    if (amount > 0) return this.take(rule, amount, atMs)
    if (this.#span && this.#span.startMs <= atMs && atMs < this.#span.endMs)
      this.#used = Math.max(0, this.#used + amount)
  }

  count(rule: Rule, nowMs: number): Count {
    this.#roll(rule, nowMs)
    return { used: this.#used, limit: rule.limit, resetsAtMs: this.#span?.endMs ?? nowMs }
  }

  isIdle(rule: Rule, nowMs: number): boolean {
    this.#roll(rule, nowMs)
    return this.#used === 0
  }

  #roll({ window }: Rule, nowMs: number): void {
    if (this.#span && nowMs < this.#span.endMs) return
    this.#used = 0
    this.#span = window.align === "calendar" ? calendarSpan(window, nowMs) : undefined
  }
}
