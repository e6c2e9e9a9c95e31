/**
 * One fault in the middle of calls: some are open when it begins, others come while it lasts, and once it is over calls
 * are answered again.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import type { Asked } from "../world/asked.ts"
import type { Faultd } from "./faultd.ts"
import { lift, type NetworkFault } from "./faults.ts"

export type Injection = {
  readonly faultd: Faultd
  /** By which transport, of which party. */
  readonly way: string
  readonly call: () => Promise<Asked>
  /** What whoever calls does when the fault is over, where that is anything. */
  readonly onceOver?: () => Promise<void>
}

export type Injected = {
  readonly fault: NetworkFault
  readonly way: string
  /** While it lasted, or when it began. */
  readonly asked: readonly Asked[]
  /** Infinity where it did not. */
  readonly recoveredAfterMs: number
}

const openBefore = 3
const calledMeanwhile = 3
export const callsAtOnce = openBefore + calledMeanwhile
const longestStartMs = 8
const betweenMs = 30
const recoversWithinMs = 20_000

export async function inject(fault: NetworkFault, { faultd, way, call, onceOver }: Injection): Promise<Injected> {
  await eventually(`${way} answers`, () => answers(call))
  const calls = Array.from({ length: openBefore }, call)
  await sleep(Math.random() * longestStartMs)
  await fault.begin(faultd)
  for (let made = 0; made < (fault.calls ?? calledMeanwhile); made++) {
    await sleep(betweenMs)
    calls.push(call())
  }
  const asked = await Promise.all(calls)
  await lift(faultd)
  await onceOver?.()
  const recovered = eventually("it recovers", () => answers(call), recoversWithinMs)
  return { fault, way, asked, recoveredAfterMs: await recovered.catch(() => Infinity) }
}

async function answers(call: Injection["call"]): Promise<boolean> {
  await sleep(betweenMs)
  return (await call()).fate.kind === "answered"
}
