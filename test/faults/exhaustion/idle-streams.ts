/** RES-01: many legacy clients that are connected, each with its stream, and say nothing, while others make calls. */

import { join } from "node:path"
import { eventually } from "../../journeys/eventually.ts"
import { root, start, type Running } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { openStrained, percentile, rounded, type Strained } from "./strained.ts"

const perPrincipal = 2_500
/** What a machine with other work to do may add to a call. */
const noiseMs = 300
const mostKbEach = 30
/** What the process takes besides, as it does more for the first time. */
const besidesMb = 48

export async function idleStreams(count: number, timedCalls = 400): Promise<Figures> {
  const room = ["sessions", "streams", "connections-per-source"].flatMap((name) => [
    `--limits-${name}`,
    String(2 * count + 1_000),
  ])
  await using strained = await openStrained({ args: room })
  await using clients = new AsyncDisposableStack()
  const keys = await strained.agents(Math.ceil(count / perPrincipal))
  await strained.time(timedCalls)
  const before = await strained.facts()
  const beforeMs = percentile(await strained.time(timedCalls), 0.99)
  const held = Math.ceil(count / keys.length)
  for (const key of keys) {
    const holder = await hold(strained, key, held)
    clients.defer(async () => void (await holder.stop()))
  }
  const during = await strained.facts()
  const duringMs = percentile(await strained.time(timedCalls), 0.99)
  await clients.disposeAsync()
  await eventually(
    "their descriptors are closed",
    async () => {
      const { descriptors } = await strained.facts()
      return descriptors <= before.descriptors + 5
    },
    60_000,
  )
  const opened = held * keys.length
  const kbEach = ((during.rssMb - before.rssMb) * 1_024) / opened
  const violations = [
    ...(duringMs > Math.max(2 * beforeMs, noiseMs) ? [`calls took ${duringMs} ms instead of ${beforeMs} ms`] : []),
    ...(during.rssMb > before.rssMb + besidesMb + (opened * mostKbEach) / 1_024
      ? [`each takes ${kbEach} KB`]
      : []),
    ...(during.descriptors < before.descriptors + opened ? ["not all streams were open"] : []),
  ]
  const figures = {
    "idle streams": opened,
    "KB each, after a collection of garbage": rounded(kbEach),
    "p99 of calls before, ms": rounded(beforeMs),
    "p99 of calls meanwhile, ms": rounded(duringMs),
    ratio: rounded(duringMs / beforeMs),
  }
  return { suite: "idle streams", figures, violations }
}

function hold({ gateway }: Strained, key: string, count: number): Promise<Running> {
  const script = join(root, "bench/yardsticks/session-holder.ts")
  return start({ args: [script, gateway.url, key, String(count)], ready: /^holding /, deadlineMs: 120_000 })
}
