/**
 * The time of day for whatever counts or drops by it, made safe from a clock that jumps: time goes on as it is measured,
 * and a jump ahead is believed only once it has stood for a while. After one back, time runs at half its pace until the
 * clock has caught up, so nothing happens twice and nothing stands still.
 */

export type Clocks = {
  /** Epoch ms, as the system has it at this moment. */
  readonly now: () => number
  /** ms of a clock that never jumps. */
  readonly elapsed: () => number
}

/** What setting the clock by the network, or a busy machine, makes of it; followed at once. */
const toleranceMs = 2_000
const catchingUp = 0.5

/** @returns epoch ms that never go back */
export function createSteadyClock({ now, elapsed }: Clocks, believedAfterMs: number): () => number {
  let steadyMs = now()
  let lookedMs = elapsed()
  let aheadSinceMs: number | undefined
  return () => {
    const [wallMs, atMs] = [now(), elapsed()]
    const passedMs = atMs - lookedMs
    const leadMs = wallMs - (steadyMs + passedMs)
    lookedMs = atMs
    if (leadMs <= toleranceMs) aheadSinceMs = undefined
    else aheadSinceMs ??= atMs
    const isBelieved = aheadSinceMs === undefined || atMs - aheadSinceMs >= believedAfterMs
    if (leadMs < -toleranceMs) steadyMs += passedMs * catchingUp
    else steadyMs = isBelieved ? Math.max(steadyMs, wallMs) : steadyMs + passedMs
    return Math.floor(steadyMs)
  }
}
