/**
 * A hostile world: services that do harm in every way of kinds.ts, over every transport and in both eras, while the
 * neighbours are called. At length every kind is played wherever it can occur; briefly each is played once.
 */

import type { Figures } from "../figures.ts"
import { allCases, sampleCases, type Case } from "./cases.ts"
import { playAll, type GridOptions, type Played } from "./grid.ts"
import { openGround, type GroundOptions } from "./ground.ts"
import type { Verdict } from "./judge.ts"
import type { Latencies } from "./neighbours.ts"

type Length = {
  readonly ground: GroundOptions
  /**
   * Played first: what a process has never done costs it memory (its heaps keep room for results of 100 MB and lists of
   * 100,000 tools), and only what comes on top of that is a leak.
   */
  readonly warmUp: readonly Case[]
  readonly options: GridOptions
  readonly slackMb: number
}

const lengths: Readonly<Record<"brief" | "at length", Length>> = {
  /** Nothing is larger or more than it takes to be harm, nothing is told of memory, and a busy machine is no fault. */
  brief: {
    ground: { args: ["--limits-list-ms", "1500", "--limits-result-bytes", "8388608"], callsPerSecond: 10 },
    warmUp: [],
    options: { cases: sampleCases(), atOnce: 3, floodShare: 0.02, rounds: 2, graceMs: 3_000 },
    slackMb: 300,
  },
  "at length": {
    ground: { args: ["--limits-list-ms", "1500"], callsPerSecond: 20 },
    warmUp: allCases(),
    options: { cases: allCases(), atOnce: 3, floodShare: 1, rounds: 3, graceMs: 250 },
    slackMb: 0,
  },
}

export async function worldFaults(length: keyof typeof lengths): Promise<Figures> {
  const { ground: conditions, warmUp, options, slackMb } = lengths[length]
  const ground = await openGround(conditions)
  try {
    await playAll(ground, { ...options, cases: warmUp })
    await ground.begin()
    const played = await playAll(ground, options)
    return figuresOf(played, await ground.judge({ slackMb }))
  } finally {
    await ground.close()
  }
}

function figuresOf(played: readonly Played[], verdict: Verdict): Figures {
  const { quiet, neighbours, before, after } = verdict
  const byTransport = Map.groupBy(played, ({ played: { transport, era } }) => `${transport}, ${era}`)
  const rows = [...byTransport].map(([name, all]) => [`over ${name}`, rowOf(all)] as const)
  const violations = [...played.flatMap((each) => each.violations), ...verdict.violations]
  return {
    suite: `${new Set(played.map(({ played: { name } }) => name)).size} kinds of harm, ${played.length} injected`,
    figures: {
      ...Object.fromEntries(rows),
      "gateway crashes and unhandled rejections": verdict.complaints,
      "calls of neighbours": neighbours.calls,
      "of them failed": neighbours.failures.length,
      "their latency in a quiet world, ms": shown(quiet),
      "their latency beside harm, ms": shown(neighbours),
      "callers without a word": verdict.neverTold,
      "calls executed twice": verdict.executedTwice,
      "answers to another call": verdict.mistaken,
      "RSS before and after, MB": `${before.rssMb}, ${after.rssMb}`,
      "descriptors before and after": `${before.descriptors}, ${after.descriptors}`,
      "back after, ms": verdict.backAfterMs,
    },
    violations,
  }
}

function rowOf(played: readonly Played[]): Readonly<Record<string, number>> {
  return {
    injected: played.length,
    calls: played.flatMap(({ asked }) => asked).length,
    "worst ms": Math.round(Math.max(...played.map(({ worstMs }) => worstMs))),
    violations: played.flatMap(({ violations }) => violations).length,
  }
}

function shown({ medianMs, p99Ms, worstMs }: Latencies): string {
  return `median ${medianMs}, p99 ${p99Ms}, worst ${worstMs}`
}
