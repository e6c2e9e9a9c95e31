/** `npm run faults -- policy`: a draft simulated over many audited calls, and what then happens. */

import type { Figures } from "../faults/figures.ts"
import { compareWithReplay } from "./replayed.ts"

export async function policyReplay(calls: number): Promise<Figures> {
  const { denied, allowed, simulateMs, mismatches } = await compareWithReplay(calls)
  const figures = {
    "audited calls": calls,
    "newly denied": denied,
    "newly allowed": allowed,
    "simulated in ms": Math.round(simulateMs),
    mismatches: mismatches.length,
  }
  return { suite: "policy", figures, violations: mismatches.slice(0, 100) }
}
