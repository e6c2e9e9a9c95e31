/**
 * A hostile world: services that do harm in every way of kinds.ts, over every transport and in both eras, while the
 * neighbours are called. At length every kind is played wherever it can occur; briefly each is played once.
 */

import type { Figures } from "../figures.ts"
import { allCases, playAll, sampleCases, type Played } from "./grid.ts"
import { openGround } from "./ground.ts"
import type { Verdict } from "./judge.ts"

/** In the brief run nothing is large or many that costs more than it tells, and a busy machine is no fault. */
const brief = {
  args: ["--limits-list-ms", "1500", "--limits-result-bytes", "8388608"],
  options: { cases: sampleCases(), atOnce: 3, floodShare: 0.02, rounds: 2, graceMs: 2_000 },
  slackMb: 150,
}
const atLength = {
  args: ["--limits-list-ms", "1500"],
  options: { cases: allCases(), atOnce: 2, floodShare: 1, rounds: 3, graceMs: 250 },
  slackMb: 0,
}
/** What a process has never done costs it memory the first time; only what comes on top counts. */
const warmUp = ["never-answers", "list-storm", "100-mb-result", "5-mb-result", "100000-tools", "html"]

export async function worldFaults(length: "brief" | "at length"): Promise<Figures> {
  const { args, options, slackMb } = length === "brief" ? brief : atLength
  const ground = await openGround({ args })
  try {
    const first = length === "brief" ? sampleCases().filter(({ name }) => warmUp.includes(name)) : sampleCases()
    await playAll(ground, { ...brief.options, cases: first })
    await ground.begin()
    const played = await playAll(ground, options)
    return figuresOf(played, await ground.judge({ slackMb }))
  } finally {
    await ground.close()
  }
}

function figuresOf(played: readonly Played[], verdict: Verdict): Figures {
  const { neighbours, before, after } = verdict
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
      "their median, p99 and worst latency, ms": `${neighbours.medianMs}, ${neighbours.p99Ms}, ${neighbours.worstMs}`,
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
