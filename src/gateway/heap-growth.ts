/**
 * When the young generation of the heap may grow, as V8 has it of itself: while calls come, which a small one costs 50 us
 * each. What is loaded and what stays, such as sessions of clients that say nothing, would make it grow as well, to 100 MB
 * that nothing needs: bin/mcp-meta.mjs keeps it small from the start, and so does this while there are few calls.
 */

import { setFlagsFromString } from "node:v8"
import type { Closers } from "./closers.ts"

const everyMs = 1_000
/** So many in that time are worth it: what they save is a hundredth of a core. */
const busyCalls = 200

/** @param made how many calls there were so far; absent where others make them than this process */
export function growForCalls(made: (() => number) | undefined, closers: Closers): void {
  if (!made) return setGrowth(2)
  let before = made()
  let isBusy = false
  const timer = setInterval(() => {
    const now = made()
    const wasBusy = isBusy
    isBusy = now - before >= busyCalls
    before = now
    if (isBusy !== wasBusy) setGrowth(isBusy ? 2 : 1)
  }, everyMs).unref()
  closers.add(() => clearInterval(timer))
}

/** Of the young generation at one of its steps; 2 is what V8 has where nothing is said. */
function setGrowth(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}
