/**
 * Those who must not notice: a principal of its own calls healthy services at a steady rate, both eras over HTTP and a
 * program over stdio, and each answer must be the right one. How long they take is kept in a histogram of microseconds.
 */

import { createHistogram } from "node:perf_hooks"
import { startLoad } from "../../journeys/load.ts"
import type { Peer } from "../../journeys/peer.ts"
import type { ClientJournal } from "../client-journal.ts"

export type Latencies = {
  readonly calls: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

export type Neighbours = {
  /** Of the calls answered since the last look. */
  look(): Latencies
  /** Ends the calls. @returns a sentence for each that was not answered as it should */
  stop(): Promise<{ readonly all: Latencies; readonly failures: readonly string[] }>
}

export const healthyTools = ["modern__count", "legacy__count", "piped__count"] as const

/** @param journal keeps each call, so that one executed twice can be told */
export function startNeighbours(peer: Peer, journal: ClientJournal, callsPerSecond: number): Neighbours {
  const all = createHistogram()
  const lately = createHistogram()
  let made = 0
  const load = startLoad(callsPerSecond, async () => {
    const tool = healthyTools[made++ % healthyTools.length] ?? healthyTools[0]
    const { fate, askedAtMs, toldAtMs = askedAtMs } = await journal.call(peer, tool)
    const tookUs = Math.max(1, Math.round((toldAtMs - askedAtMs) * 1_000))
    for (const histogram of [all, lately]) histogram.record(tookUs)
    return fate?.kind === "answered" ? undefined : `${tool} ended so: ${JSON.stringify(fate)}`
  })
  return {
    look: () => {
      const seen = latenciesOf(lately)
      lately.reset()
      return seen
    },
    stop: async () => {
      const { failures } = await load.stop()
      return { all: latenciesOf(all), failures }
    },
  }
}

function latenciesOf(histogram: ReturnType<typeof createHistogram>): Latencies {
  const ms = (us: number): number => Math.round(us / 100) / 10
  return {
    calls: histogram.count,
    medianMs: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    worstMs: histogram.count === 0 ? 0 : ms(histogram.max),
  }
}
