/**
 * Tells when the time that a policy speaks of has begun or ended, for those who were shown what it lets them see. Whoever
 * asks what somebody may use has the answer of the moment without it. One timer for all policies, and none where no
 * rule in force speaks of a time. Who listens: listeners.ts.
 */

import type { Policy } from "../domain/policy/policy.ts"
import { isAt, turnsAtMs, type TimeCondition } from "../domain/policy/time-condition.ts"

type Options = {
  /** Epoch ms. */
  readonly now: () => number
  /** What some rules say of this moment is otherwise than before. Must not throw. */
  readonly onTurn: () => void
}

/** No timer waits longer: the clock may jump, and what begins in a month is too far for one. */
const maxWaitMs = 500

export class PolicyTimes {
  readonly #options: Options
  #times: readonly TimeCondition[] = []
  /** Whether each holds, as it was last looked at. */
  #seen = ""
  #turnsAtMs = 0
  #lookedAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Of which somebody else tells that they changed. */
  follow(policies: readonly Policy[]): void {
    const inForce = policies.filter(({ mode }) => mode === "enforce").flatMap(({ rules }) => rules)
    this.#times = inForce.flatMap(({ time }) => time ?? [])
    this.#lookedAtMs = this.#options.now()
    this.#judge(this.#lookedAtMs)
    this.stop()
    this.#wait()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    if (this.#times.length === 0) return
    const waitMs = Math.max(1, Math.min(maxWaitMs, this.#turnsAtMs - this.#options.now()))
    this.#timer = setTimeout(() => this.#look(), waitMs).unref()
  }

  #look(): void {
    const nowMs = this.#options.now()
    const isDue = nowMs >= this.#turnsAtMs || nowMs < this.#lookedAtMs
    this.#lookedAtMs = nowMs
    const isTurned = isDue && this.#judge(nowMs)
    this.#wait()
    if (isTurned) this.#options.onTurn()
  }

  /** @returns whether one holds that did not, or the other way */
  #judge(nowMs: number): boolean {
    const before = this.#seen
    this.#seen = this.#times.map((time) => (isAt(time, nowMs) ? "+" : "-")).join("")
    this.#turnsAtMs = Math.min(...this.#times.map((time) => turnsAtMs(time, nowMs)))
    return this.#seen !== before
  }
}
