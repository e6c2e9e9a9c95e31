/**
 * How fast one principal may manage the gateway: so many operations in a minute, and so many of those that change
 * something. No quota counts operations, so that nobody can lock the gateway's own doors by one: here nobody waits for
 * longer than it takes until one more is due, nor for others.
 */

import { GatewayError } from "../errors.ts"

export type ManagementRates = {
  /** `limits.managementPerMinute`; 0 for any number. */
  readonly managementPerMinute: number
  /** `limits.changesPerMinute`; 0 for any number. */
  readonly changesPerMinute: number
}

type Managing = { readonly principalId: string; readonly isChange: boolean }

/** What is left of each minute's allowance, at an instant. */
type Left = { all: number; changes: number; atMs: number }

const minuteMs = 60_000

export class ManagementLimits {
  readonly #rates: ManagementRates
  readonly #left = new Map<string, Left>()
  #sweptAtMs = 0

  constructor(rates: ManagementRates) {
    this.#rates = rates
  }

  /**
   * Takes one, or nothing.
   *
   * @param nowMs of a clock that never jumps
   * @throws GatewayError `quota_exceeded`
   */
  take({ principalId, isChange }: Managing, nowMs: number): undefined {
    const left = this.#leftOf(principalId, nowMs)
    const { managementPerMinute, changesPerMinute } = this.#rates
    if (isChange) assertLeft("changesPerMinute", changesPerMinute, left.changes)
    assertLeft("managementPerMinute", managementPerMinute, left.all)
    left.all -= 1
    if (isChange) left.changes -= 1
  }

  #leftOf(principalId: string, nowMs: number): Left {
    const { managementPerMinute: maxAll, changesPerMinute: maxChanges } = this.#rates
    const left = this.#left.get(principalId) ?? { all: maxAll, changes: maxChanges, atMs: nowMs }
    const minutes = (nowMs - left.atMs) / minuteMs
    left.all = Math.min(maxAll, left.all + minutes * maxAll)
    left.changes = Math.min(maxChanges, left.changes + minutes * maxChanges)
    left.atMs = nowMs
    this.#left.set(principalId, left)
    if (nowMs - this.#sweptAtMs >= minuteMs) this.#forgetFull(nowMs)
    return left
  }

  /** Of those who have all of theirs left. */
  #forgetFull(nowMs: number): void {
    this.#sweptAtMs = nowMs
    for (const [id, { atMs }] of this.#left) if (nowMs - atMs >= minuteMs) this.#left.delete(id)
  }
}

function assertLeft(name: keyof ManagementRates, perMinute: number, left: number): void {
  if (perMinute === 0 || left >= 1) return
  const limit = `limits.${name}`
  const what = name === "changesPerMinute" ? "changes to the gateway" : "operations on the gateway"
  const retryAfterMs = Math.ceil(((1 - left) * minuteMs) / perMinute)
  throw new GatewayError(
    "quota_exceeded",
    `You have made ${perMinute} ${what} in a minute, as many as ${limit} lets one principal; nothing was done. One more may be made in ${Math.ceil(retryAfterMs / 1_000)} s.`,
    { detail: { limit, perMinute }, retryAfterMs },
  )
}
