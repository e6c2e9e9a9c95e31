/**
 * Tells when the time of a grant is over, for those who were shown what it let them see. Whoever asks what somebody may
 * do has the answer of the moment without it: roster.ts.
 */

import { changesAtMs } from "../domain/permission.ts"
import type { Principal } from "../domain/principal.ts"
import { follow, type Followed } from "./roster.ts"

type Options = {
  /** Epoch ms. */
  readonly now: () => number
  /** Some grants have ended. Must not throw. */
  readonly onEnd: () => void
}

/** No timer waits longer: the clock may jump, and what ends in a year is too far for one. */
const maxWaitMs = 500

/** @returns stops telling */
export async function watchGrantEnds(
  principals: Followed<Principal>,
  { now, onEnd }: Options,
): Promise<() => void> {
  const ends = new Map<string, { readonly principal: Principal; readonly atMs: number }>()
  let timer: NodeJS.Timeout | undefined
  const note = (principal: Principal, nowMs: number): void => {
    const atMs = changesAtMs(principal.grants, nowMs)
    if (atMs < Number.POSITIVE_INFINITY) ends.set(principal.id, { principal, atMs })
    else ends.delete(principal.id)
  }
  const wait = (): void => {
    if (timer !== undefined || ends.size === 0) return
    let waitMs = maxWaitMs
    for (const { atMs } of ends.values()) waitMs = Math.min(waitMs, atMs - now())
    timer = setTimeout(look, Math.max(0, waitMs)).unref()
  }
  const look = (): void => {
    timer = undefined
    const nowMs = now()
    const over = [...ends.values()].filter(({ atMs }) => atMs <= nowMs)
    for (const { principal } of over) note(principal, nowMs)
    if (over.length > 0) onEnd()
    wait()
  }
  const stop = await follow(principals, (id, principal) => {
    if (principal) note(principal, now())
    else ends.delete(id)
    wait()
  })
  return () => {
    stop()
    clearTimeout(timer)
  }
}
