/**
 * Tells when the time of a grant or of a key is over, for those who were shown, or have open, what it let them. Whoever
 * asks what somebody may do has the answer of the moment without it: roster.ts.
 */

import { changesAtMs } from "../domain/permission.ts"
import type { Key, Principal } from "../domain/principal.ts"
import { follow, type Followed } from "./roster.ts"

type Watched = {
  readonly principals: Followed<Principal>
  readonly keys: Followed<Key>
  /** Epoch ms. */
  readonly now: () => number
  /** Some have ended. Must not throw. */
  readonly onEnd: () => void
}

/** No timer waits longer: the clock may jump, and what ends in a year is too far for one. */
const maxWaitMs = 500

/** @returns stops telling */
export async function watchEnds({ principals, keys, now, onEnd }: Watched): Promise<() => void> {
  const ends = new Ends(now, onEnd)
  const stops = [
    await follow(principals, (id, principal) =>
      ends.note(`principal ${id}`, principal && ((nowMs) => changesAtMs(principal.grants, nowMs))),
    ),
    await follow(keys, (id, key) => ends.note(`key ${id}`, key && ((nowMs) => expiresAtMs(key, nowMs)))),
  ]
  return () => {
    for (const stop of stops) stop()
    ends.close()
  }
}

/** Infinity where it does not. */
type EndsAtMs = (nowMs: number) => number

function expiresAtMs({ expiresAtMs: atMs = Number.POSITIVE_INFINITY, revokedAtMs }: Key, nowMs: number): number {
  return revokedAtMs === undefined && nowMs < atMs ? atMs : Number.POSITIVE_INFINITY
}

class Ends {
  readonly #now: () => number
  readonly #onEnd: () => void
  readonly #ends = new Map<string, { readonly atMs: number; readonly endsAtMs: EndsAtMs }>()
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number, onEnd: () => void) {
    this.#now = now
    this.#onEnd = onEnd
  }

  /** @param endsAtMs undefined for what is gone */
  note(name: string, endsAtMs: EndsAtMs | undefined): void {
    const atMs = endsAtMs?.(this.#now()) ?? Number.POSITIVE_INFINITY
    if (endsAtMs && atMs < Number.POSITIVE_INFINITY) this.#ends.set(name, { atMs, endsAtMs })
    else this.#ends.delete(name)
    this.#wait()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#ends.clear()
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#ends.size === 0) return
    let waitMs = maxWaitMs
    for (const { atMs } of this.#ends.values()) waitMs = Math.min(waitMs, atMs - this.#now())
    this.#timer = setTimeout(() => this.#look(), Math.max(0, waitMs)).unref()
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = this.#now()
    const over = [...this.#ends].filter(([, { atMs }]) => atMs <= nowMs)
    for (const [name, { endsAtMs }] of over) this.note(name, endsAtMs)
    if (over.length > 0) this.#onEnd()
    this.#wait()
  }
}
