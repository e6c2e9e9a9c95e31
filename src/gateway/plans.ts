/** Ends plans in time, so that whoever watches them hears of it. */

import { sweepPlans } from "../operations/plans/plan-room.ts"
import { inTurn } from "../operations/changes/turn.ts"
import type { Closers } from "./closers.ts"
import type { Stores } from "./stores.ts"

const sweepMs = 30_000

export function keepPlansSwept({ plans }: Pick<Stores, "plans">, closers: Closers): void {
  const sweep = (): Promise<void> => inTurn(plans, () => sweepPlans(plans, Date.now()))
  // What cannot be written now is swept another time, or with the next plan, which says so.
  const timer = setInterval(() => void sweep().catch(() => undefined), sweepMs).unref()
  closers.add(() => clearInterval(timer))
}
