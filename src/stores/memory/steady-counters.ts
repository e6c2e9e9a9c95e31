/**
 * Counters that a jump of the clock neither empties nor stops: they count by a clock that does not jump, and speak of
 * windows in the time of day that everybody else has at the moment.
 */

import type { Charge, Count, Counters, Taken } from "../../domain/quota/counters.ts"
import { createSteadyClock, type Clocks } from "../../domain/steady-clock.ts"

/** Longer than a clock is wrong by accident, shorter than anyone waits for a machine that has slept. */
const believedAfterMs = 300_000

export class SteadyCounters implements Counters {
  readonly #counters: Counters
  readonly #now: () => number
  readonly #steady: () => number

  constructor(counters: Counters, clocks: Clocks) {
    this.#counters = counters
    this.#now = clocks.now
    this.#steady = createSteadyClock(clocks, believedAfterMs)
  }

  take(charges: readonly Charge[], nowMs: number): Promise<Taken> {
    const leadMs = this.#leadMs()
    const taken = this.#counters.take(charges, nowMs - leadMs)
    return leadMs === 0 ? taken : taken.then(takenLater(leadMs))
  }

  add(charges: readonly Charge[], atMs: number): Promise<readonly Count[]> {
    const leadMs = this.#leadMs()
    const counts = this.#counters.add(charges, atMs - leadMs)
    return leadMs === 0 ? counts : counts.then(allLater(leadMs))
  }

  read(asked: readonly Pick<Charge, "key" | "rule">[], nowMs: number): Promise<readonly Count[]> {
    const leadMs = this.#leadMs()
    const counts = this.#counters.read(asked, nowMs - leadMs)
    return leadMs === 0 ? counts : counts.then(allLater(leadMs))
  }

  forget(key: string): Promise<void> {
    return this.#counters.forget(key)
  }

  /** How far the time of day is ahead of what is counted by; negative where it is behind. */
  #leadMs(): number {
    return this.#now() - this.#steady()
  }
}

function takenLater(leadMs: number): (taken: Taken) => Taken {
  return (taken) => {
    const counts = allLater(leadMs)(taken.counts)
    return taken.allowed ? { ...taken, counts } : { ...taken, counts, resetsAtMs: taken.resetsAtMs + leadMs }
  }
}

function allLater(leadMs: number): (counts: readonly Count[]) => readonly Count[] {
  return (counts) => counts.map((count) => ({ ...count, resetsAtMs: count.resetsAtMs + leadMs }))
}
