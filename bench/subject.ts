/** One process under load: its rounds, and what they took. */

import { readFileSync } from "node:fs"
import type { Running } from "../test/support/process.ts"
import { load, type Load, type Round } from "./load.ts"

export const rounds = 5
const seconds = 3

export type Subject = {
  readonly name: string
  readonly load: Omit<Load, "seconds">
  readonly pid: number | undefined
  readonly rounds: Measured[]
}

/** CPU of the whole process, and of its main thread alone. */
export type Measured = Round & { readonly cpuUs: number; readonly mainThreadUs: number }

export function subject(name: string, target: Subject["load"], { child }: Pick<Running, "child">): Subject {
  return { name, load: target, pid: child.pid, rounds: [] }
}

/** Rounds are interleaved, so that what disturbs the machine disturbs all alike. */
export async function measureAll(subjects: readonly Subject[]): Promise<void> {
  for (const { load: target } of subjects) await load({ ...target, seconds: 1 })
  for (let round = 0; round < rounds; round++) for (const each of subjects) each.rounds.push(await measure(each))
}

async function measure({ load: target, pid }: Subject): Promise<Measured> {
  const before = { cpuUs: cpuUsOf(pid), mainThreadUs: mainThreadUsOf(pid) }
  const round = await load({ ...target, seconds })
  const calls = round.callsPerSecond * seconds
  return {
    ...round,
    cpuUs: (cpuUsOf(pid) - before.cpuUs) / calls,
    mainThreadUs: (mainThreadUsOf(pid) - before.mainThreadUs) / calls,
  }
}

/** CPU that a process and its threads have used, in us; 0 where /proc does not tell. */
function cpuUsOf(pid: number | undefined): number {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10_000
}

function mainThreadUsOf(pid: number | undefined): number {
  return Number(read(`/proc/${pid}/task/${pid}/schedstat`).split(" ")[0] ?? 0) / 1_000
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

export function medianOf({ rounds }: Subject, pick: (round: Measured) => number): number {
  return median(rounds.map(pick))
}
