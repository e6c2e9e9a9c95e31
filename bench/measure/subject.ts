/** One process under load: its rounds, and what they took. How they become rows: rows.ts. */

import type { Running } from "../../test/support/process.ts"
import { ask } from "./ask-subject.ts"
import type { Effort } from "./effort.ts"
import { load, type Round } from "./load.ts"
import { cpuOf, residentMb, type CpuUs } from "./process-figures.ts"
import { assertAnswers, type Call } from "./request.ts"

export type Subject = {
  readonly name: string
  readonly call: Call
  readonly connections: number
  readonly pid: number
  /** Whether it was started so that it says how late its event loop is. */
  readonly saysDelay: boolean
  readonly rounds: Measured[]
}

/** CPU per call; `process` with all its threads. */
export type Measured = Round & {
  readonly cpuUs: CpuUs
  readonly residentMb: number
  readonly loopDelayMs: number | undefined
}

export type Under = {
  readonly process: Pick<Running, "child">
  readonly saysDelay: boolean
}

/** Of the benches that say nothing else. */
export const connections = 32

export function subject(name: string, call: Call, under: Under, open = connections): Subject {
  const pid = under.process.child.pid ?? 0
  return { name, call, connections: open, pid, saysDelay: under.saysDelay, rounds: [] }
}

/**
 * Rounds are interleaved, so that what disturbs the machine disturbs all alike.
 *
 * @param reached how many calls have come to the service so far: answers that it did not give are failures
 */
export async function measureAll(
  subjects: readonly Subject[],
  { rounds, seconds, warmSeconds }: Effort,
  reached?: () => Promise<number>,
): Promise<void> {
  for (const { call, connections } of subjects) {
    await assertAnswers(call)
    if (warmSeconds > 0) await load({ call, connections, seconds: warmSeconds })
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of subjects) each.rounds.push(await measure(each, seconds, reached))
  }
}

async function measure(subject: Subject, seconds: number, reached = async () => Infinity): Promise<Measured> {
  const { pid, saysDelay, call, connections } = subject
  if (saysDelay) await ask(pid, "delay")
  const [cameBefore, before] = [await reached(), cpuOf(pid)]
  const round = await load({ call, connections, seconds })
  const [after, came] = [cpuOf(pid), await reached()]
  const missing = Number.isFinite(came) ? Math.max(0, round.calls - (came - cameBefore)) : 0
  return {
    ...round,
    failed: round.failed + missing,
    cpuUs: perCall(before, after, round.calls),
    residentMb: residentMb(pid),
    loopDelayMs: saysDelay ? (await ask(pid, "delay")).p99Ms : undefined,
  }
}

function perCall(before: CpuUs, after: CpuUs, calls: number): CpuUs {
  const of = (which: keyof CpuUs): number => (after[which] - before[which]) / Math.max(1, calls)
  return { process: of("process"), mainThread: of("mainThread"), children: of("children") }
}
