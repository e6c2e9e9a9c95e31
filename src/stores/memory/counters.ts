/**
 * Counters in the memory of one process: a step is atomic because nothing else runs during it. What a restart loses is
 * counted again from the audit log: domain/quota/restore.ts. Each algorithm has a file of its own.
 */

import {
  assertAmounts,
  type Charge,
  type Count,
  type Counters,
  type Rule,
  type Taken,
} from "../../domain/quota/counters.ts"
import type { Algorithm } from "../../domain/quota/quota.ts"
import { maxAmount } from "../../domain/quota/amount.ts"
import { AgingMap } from "./aging-map.ts"
import { FixedWindow } from "./fixed-window.ts"
import { SlidingWindow } from "./sliding-window.ts"
import type { Tally } from "./tally.ts"
import { TokenBucket } from "./token-bucket.ts"

/** A key that none of its algorithm's state matters for any more is dropped; over it, the one used longest ago. */
const maxKeys = 100_000
/** Keys looked at for each new one, so that those that are idle go before room is short. */
const sweptPerKey = 2

type Kept = { readonly tally: Tally; readonly rule: Rule }

const makeTally: Readonly<Record<Algorithm, () => Tally>> = {
  fixed_window: () => new FixedWindow(),
  sliding_window: () => new SlidingWindow(),
  token_bucket: () => new TokenBucket(),
}

export class MemoryCounters implements Counters {
  readonly #kept = new AgingMap<Kept>()

  /** How many keys are kept. */
  get size(): number {
    return this.#kept.size
  }

  async take(charges: readonly Charge[], nowMs: number): Promise<Taken> {
    assertAmounts(charges, 0)
    const tallies = charges.map((charge) => this.#find(charge))
    const waits = tallies.map(({ tally, rule }, at) =>
      rule.action === "warn" ? 0 : tally.waitMs(rule, charges[at]?.amount ?? 0, nowMs),
    )
    const retryAfterMs = Math.max(0, ...waits)
    if (retryAfterMs > 0) {
      const refusedBy = waits.indexOf(retryAfterMs)
      const counts = tallies.map(({ tally, rule }) => tally.count(rule, nowMs))
      return { allowed: false, refusedBy, retryAfterMs, resetsAtMs: nowMs + retryAfterMs, counts }
    }
    const counts = charges.map((charge, at) => {
      const { tally, rule } = this.#keep(charge.key, tallies[at] ?? this.#find(charge), nowMs)
      tally.take(rule, charge.amount, nowMs)
      return tally.count(rule, nowMs)
    })
    return { allowed: true, counts }
  }

  async add(charges: readonly Charge[], atMs: number): Promise<readonly Count[]> {
    assertAmounts(charges, -maxAmount)
    return charges.map((charge) => {
      const { tally, rule } = this.#keep(charge.key, this.#find(charge), atMs)
      tally.add(rule, charge.amount, atMs)
      return tally.count(rule, atMs)
    })
  }

  async read(asked: readonly Pick<Charge, "key" | "rule">[], nowMs: number): Promise<readonly Count[]> {
    return asked.map((one) => {
      const { tally, rule } = this.#find(one)
      return tally.count(rule, nowMs)
    })
  }

  async forget(key: string): Promise<void> {
    this.#kept.delete(key)
  }

  /** What the key has counted, under the rule of now: its limit may have changed. */
  #find({ key, rule }: Pick<Charge, "key" | "rule">): Kept {
    return { tally: this.#kept.get(key)?.tally ?? makeTally[rule.algorithm](), rule }
  }

  #keep(key: string, kept: Kept, nowMs: number): Kept {
    if (!this.#kept.has(key)) this.#makeRoom(nowMs)
    this.#kept.set(key, kept)
    return kept
  }

  #makeRoom(nowMs: number): void {
    for (let swept = 0; swept < sweptPerKey; swept++) {
      const [key, kept] = this.#kept.visit() ?? []
      if (key !== undefined && kept?.tally.isIdle(kept.rule, nowMs)) this.#kept.delete(key)
    }
    if (this.#kept.size >= maxKeys) this.#kept.deleteOldest()
  }
}
