/** kill -9 of the gateway at each of its named places (src/failpoint.ts), under load, at a random time of many. */

import type { Figures } from "../figures.ts"
import { eventually } from "../../journeys/eventually.ts"
import { openRig, type Rig } from "../rig.ts"

/** How often the load comes by each place in the time that a run has; the kill is at any of them. */
const places = {
  "audit.write.before": 100,
  "audit.write.after": 100,
  "audit.sync.before": 100,
  "audit.sync.after": 100,
  "audit.answer.after": 100,
  "audit.checkpoint.before": 2,
  "audit.checkpoint.after": 2,
  "call.forward.before": 100,
  "call.forward.after": 100,
  "call.answer.before": 100,
} as const
type Place = keyof typeof places

const callsPerSecond = 300
const runMs = 8_000
const runsPerLog = 20
const attemptsPerRun = 3

type Counts = Record<Place, number>

/** @param times each place is to be reached */
export async function failpointRuns(times: number): Promise<Figures> {
  const names = Object.keys(places) as Place[]
  const runs = names.flatMap((place) => Array.from({ length: times }, () => place))
  const counts = Object.fromEntries(names.map((place) => [place, 0])) as Counts
  const violations: string[] = []
  while (runs.length > 0) violations.push(...(await oneLog(runs.splice(0, runsPerLog), counts)))
  const unreached = names.filter((place) => counts[place] < times)
  violations.push(...unreached.map((place) => `${place} was reached ${counts[place]} times in place of ${times}`))
  return { suite: "kill -9 at each named place", figures: counts, violations }
}

async function oneLog(runs: readonly Place[], counts: Counts): Promise<readonly string[]> {
  const rig = await openRig()
  try {
    await rig.start()
    const violations: string[] = []
    for (const place of runs) {
      await rig.stop()
      if (await killAt(rig, place)) counts[place] += 1
      await rig.start()
      violations.push(...(await rig.check()).map((violation) => `${place}: ${violation}`))
    }
    return violations
  } finally {
    await rig.close()
  }
}

/** @returns whether the place was reached */
async function killAt(rig: Rig, place: Place): Promise<boolean> {
  for (let attempt = 1; attempt <= attemptsPerRun; attempt += 1) {
    // Each time sooner: how often the load comes by depends on the machine.
    const time = Math.ceil((Math.random() * places[place]) / attempt)
    if (await diesAt(rig, `${place}@${time}=kill`)) return true
  }
  return false
}

/** It may be reached before the gateway is ready. */
async function diesAt(rig: Rig, failpoint: string): Promise<boolean> {
  await rig.start({ env: { MCP_META_TESTS_FAILPOINT: failpoint } }).catch(unlessKilled)
  const load = rig.load(callsPerSecond)
  await eventually("it dies", () => !rig.isAlive, runMs).catch(() => {})
  await load.stop()
  const isReached = !rig.isAlive
  await rig.stop("SIGKILL")
  return isReached
}

function unlessKilled(thrown: unknown): void {
  const { cause } = thrown as Error
  if (!(cause instanceof Error) || cause.message !== "exited with null") throw thrown
}
