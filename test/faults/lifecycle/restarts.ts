/**
 * LIF-01 and LIF-03: SIGTERM under load and a start on the same port, again and again. What the gateway has taken it
 * answers; streams that are open are ended in good order; it exits with 0; and clients that try again what found nobody
 * listening lose no call and make none twice.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { startLoad } from "../../journeys/load.ts"
import type { Figures } from "../figures.ts"
import { byTrace, readEntries } from "../log-entries.ts"
import { openRig, type Rig } from "../rig.ts"
import { openStreams, type OpenStreams } from "./open-streams.ts"
import { PatientClient } from "./patient-client.ts"

const callsPerSecond = 40
/** So that calls are open whenever the signal comes. */
const longestWorkMs = 200
const runsMs = 400
const tellsToComeBack = ["service_unavailable", "overloaded"]

type Counts = {
  restarts: number
  streams: number
  longestStopMs: number
  longestGapMs: number
  violations: string[]
}

/** @param args of each start */
export async function restartRounds(rounds: number, args: readonly string[] = []): Promise<Figures> {
  const counts: Counts = { restarts: 0, streams: 0, longestStopMs: 0, longestGapMs: 0, violations: [] }
  const rig = await openRig({ workMs: longestWorkMs })
  const client = new PatientClient(() => rig.call())
  try {
    await rig.start({ args })
    const load = startLoad(callsPerSecond, async () => client.call().then(() => undefined))
    for (let round = 1; round <= rounds; round += 1) await restart(rig, counts, args)
    await sleep(runsMs)
    await load.stop()
    counts.violations.push(...(await wrongAfterwards(rig, client)))
  } finally {
    await rig.close()
  }
  const { violations, longestStopMs, longestGapMs, ...figures } = counts
  return {
    suite: args.length === 0 ? "restarts under load" : `restarts under load with ${args.join(" ")}`,
    figures: {
      ...figures,
      calls: client.calls.length,
      failed: client.failed,
      "tries that found nobody": client.unheard,
      "tries told to come back": client.refused,
      "longest stop, ms": Math.round(longestStopMs),
      "longest time that nobody listened, ms": Math.round(longestGapMs),
    },
    violations,
  }
}

async function restart(rig: Rig, counts: Counts, args: readonly string[]): Promise<void> {
  const streams = await openStreams(rig)
  await sleep(runsMs)
  const beganMs = performance.now()
  const code = await rig.stop("SIGTERM")
  const stoppedMs = performance.now()
  counts.violations.push(...(await wrongWithStop(code, streams)))
  await rig.start({ args })
  counts.restarts += 1
  counts.streams += streams.length
  counts.longestStopMs = Math.max(counts.longestStopMs, stoppedMs - beganMs)
  counts.longestGapMs = Math.max(counts.longestGapMs, performance.now() - beganMs)
}

async function wrongWithStop(code: number | null, streams: OpenStreams): Promise<readonly string[]> {
  const ends = await Promise.all(streams.map(async ({ name, wrong }) => ({ name, found: await wrong })))
  const wrong = ends.flatMap(({ name, found }) => (found === undefined ? [] : [`${name}: ${found}`]))
  return code === 0 ? wrong : [...wrong, `it exits with ${code}`]
}

async function wrongAfterwards(rig: Rig, client: PatientClient): Promise<readonly string[]> {
  const seen = await rig.seen()
  const [starts, reached] = [byTrace(readEntries(rig.data), "start"), new Set(seen)]
  const taken = rig.calls.asked.filter(({ traceId }) => starts.has(traceId) || reached.has(traceId))
  const cut = taken.filter(({ fate }) => fate?.kind !== "answered")
  const twice = client.madeTwice(reached)
  const vague = rig.calls.asked.filter(
    ({ fate }) => fate?.kind === "refused" && !tellsToComeBack.includes(fate.code),
  )
  return [
    ...(await rig.check()),
    ...(client.failed > 0 ? [`${client.failed} calls failed`] : []),
    ...(cut.length > 0 ? [`${cut.length} calls were taken and not answered: ${JSON.stringify(cut[0])}`] : []),
    ...(twice > 0 ? [`${twice} calls were made twice`] : []),
    ...(vague.length > 0 ? [`${vague.length} were refused otherwise: ${JSON.stringify(vague[0]?.fate)}`] : []),
  ]
}
