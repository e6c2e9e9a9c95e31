/**
 * kill -9 of the gateway at random moments under load, in both eras and over both transports of services; and every
 * third time again while it starts and mends what the first kill left.
 */

import { setTimeout as sleep } from "node:timers/promises"
import type { Figures } from "../figures.ts"
import { readEntries } from "../log-entries.ts"
import { openRig, type Rig } from "../rig.ts"

const callsPerSecond = 300
const shortestMs = 20
const longestMs = 400
const startsPerKilledStart = 3
const longestStartMs = 900
/** So that the time of a check does not grow with the number of rounds. */
const roundsPerLog = 20

type Counts = {
  rounds: number
  /** Killed before the gateway was ready. */
  starts: number
  calls: number
  answered: number
  unknown: number
  closed: number
  violations: string[]
}

export async function killRounds(rounds: number): Promise<Figures> {
  const counts: Counts = { rounds: 0, starts: 0, calls: 0, answered: 0, unknown: 0, closed: 0, violations: [] }
  while (counts.rounds < rounds) await oneLog(counts, Math.min(roundsPerLog, rounds - counts.rounds))
  const { violations, calls, answered, unknown, closed } = counts
  const figures = {
    kills: counts.rounds,
    "killed again while starting": counts.starts,
    "calls asked": calls,
    answered: answered,
    "cut off by the kill": unknown,
    "closed as unknown after the crash": closed,
  }
  return { suite: "kill -9 at random moments", figures, violations }
}

async function oneLog(counts: Counts, rounds: number): Promise<void> {
  const rig = await openRig()
  try {
    await rig.start()
    for (let round = 1; round <= rounds; round += 1) {
      counts.rounds += 1
      const found = [...(await killOnce(rig, counts)), ...(await rig.check())]
      counts.violations.push(...found.map((violation) => `round ${counts.rounds}: ${violation}`))
    }
    await rig.stop()
    counts.violations.push(...(await rig.checkStopped()))
    counts.calls += rig.calls.asked.length
    counts.answered += rig.calls.of("answered").length
    counts.unknown += rig.calls.of("unknown").length
    counts.closed += readEntries(rig.data).filter(({ outcome }) => outcome === "unknown_after_crash").length
  } finally {
    await rig.close()
  }
}

/** @returns what is wrong with the log that the killed gateway left */
async function killOnce(rig: Rig, counts: Counts): Promise<readonly string[]> {
  const load = rig.load(callsPerSecond)
  await sleep(shortestMs + Math.random() * (longestMs - shortestMs))
  const stopped = rig.stop("SIGKILL")
  await load.stop()
  await stopped
  if (counts.rounds % startsPerKilledStart === 0) await killWhileStarting(rig, counts)
  const damage = await rig.damage()
  await rig.start()
  return damage
}

async function killWhileStarting(rig: Rig, counts: Counts): Promise<void> {
  await rig.start({ readyWithinMs: Math.random() * longestStartMs }).catch(() => (counts.starts += 1))
  await rig.stop("SIGKILL")
}
