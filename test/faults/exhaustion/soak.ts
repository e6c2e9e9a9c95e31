/**
 * RES-05: mixed load over a long time: calls of both eras, lists, sessions, pipes, requests that are given up, large
 * bodies. What the gateway takes must not grow with time: slopes of memory, descriptors and delay, after a warm-up.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { ask } from "../../../bench/measure/ask-subject.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { startLoad } from "../../journeys/load.ts"
import { listNames, openPeer, textOf, type Peer } from "../../journeys/peer.ts"
import { ssePipe } from "../../journeys/sse-pipe.ts"
import { webSocketPipe } from "../../journeys/websocket-pipe.ts"
import type { Figures } from "../figures.ts"
import { descriptorsOf, residentMb } from "./process-facts.ts"
import { openStrained, percentile, rounded, type Strained } from "./strained.ts"

const minuteMs = 60_000
const perSecond = 40
const samples = 120
const warmUpShare = 0.3
/** So long a soak tells a slope from noise. */
const leastMinutes = 8
const mostMbPerMinute = 1
const mostDescriptorsPerMinute = 0.5
const large = "x".repeat(1_048_576)

type Sample = {
  readonly atMinutes: number
  readonly rssMb: number
  readonly descriptors: number
  readonly delayMs: number
}

export async function soak(minutes: number): Promise<Figures> {
  await using strained = await openStrained()
  const [key = ""] = await strained.agents(1)
  const turns = await turnsOf(strained, key)
  let turn = 0
  const took: number[] = []
  const load = startLoad(perSecond, async () => {
    const fromMs = performance.now()
    await turns[turn++ % turns.length]?.()
    took.push(performance.now() - fromMs)
    return undefined
  })
  const taken = await sample(strained, minutes)
  const { made, failures } = await load.stop()
  const steady = taken.slice(Math.floor(taken.length * warmUpShare))
  const slopes = {
    rss: slopeOf(steady, ({ rssMb }) => rssMb),
    descriptors: slopeOf(steady, ({ descriptors }) => descriptors),
    delay: slopeOf(steady, ({ delayMs }) => delayMs),
  }
  const violations = failures.slice(0, 5).map((failure) => `a request failed: ${failure}`)
  if (minutes >= leastMinutes && slopes.rss > mostMbPerMinute) violations.push(`RSS grows by ${slopes.rss} MB/min`)
  if (minutes >= leastMinutes && slopes.descriptors > mostDescriptorsPerMinute)
    violations.push(`descriptors grow by ${slopes.descriptors}/min`)
  if (!strained.isAlive) violations.push("the gateway has ended")
  const figures = {
    minutes,
    requests: made,
    failed: failures.length,
    "RSS, MB": `${Math.round(steady[0]?.rssMb ?? 0)} to ${Math.round(steady.at(-1)?.rssMb ?? 0)}`,
    "RSS, MB/min after the warm-up": Math.round(slopes.rss * 100) / 100,
    "descriptors a minute": Math.round(slopes.descriptors * 100) / 100,
    "event loop delay p99, ms": rounded(
      percentile(
        steady.map(({ delayMs }) => delayMs),
        0.5,
      ),
    ),
    "event loop delay, ms/min": Math.round(slopes.delay * 100) / 100,
    "p99 of all requests, ms": rounded(percentile(took, 0.99)),
  }
  return { suite: "soak", figures, violations }
}

async function sample({ pid }: Strained, minutes: number): Promise<readonly Sample[]> {
  const taken: Sample[] = []
  const fromMs = performance.now()
  for (let at = 1; at <= samples; at++) {
    await sleep(Math.max(0, fromMs + (at * minutes * minuteMs) / samples - performance.now()))
    const { p99Ms: delayMs } = await ask(pid, "delay")
    const atMinutes = (performance.now() - fromMs) / minuteMs
    taken.push({ atMinutes, rssMb: residentMb(pid), descriptors: descriptorsOf(pid), delayMs })
  }
  return taken
}

/** Of the line of least squares, a minute. */
function slopeOf(taken: readonly Sample[], of: (one: Sample) => number): number {
  const mean = (pick: (one: Sample) => number): number =>
    taken.reduce((sum, one) => sum + pick(one), 0) / Math.max(1, taken.length)
  const [x, y] = [mean(({ atMinutes }) => atMinutes), mean(of)]
  const spread = taken.reduce((sum, { atMinutes }) => sum + (atMinutes - x) ** 2, 0)
  return spread === 0 ? 0 : taken.reduce((sum, one) => sum + (one.atMinutes - x) * (of(one) - y), 0) / spread
}

/** Each makes one thing happen, and rejects where it does not come out right. Calls are most of them. */
async function turnsOf({ gateway }: Strained, key: string): Promise<readonly (() => Promise<void>)[]> {
  const { url, origin } = gateway
  const pipe = (): ReturnType<typeof httpPipe> => httpPipe(url, bearer(key))
  const modern = await openPeer(pipe())
  const legacy = await openPeer(pipe(), { era: "legacy" })
  const calls = [modern, legacy].map((peer) => () => work(peer))
  const rare = [
    async () => void (await listNames(modern)),
    () => work(modern, { text: large }),
    async () => {
      const opened = pipe()
      const peer = await openPeer(opened, { era: "legacy" })
      await opened.openStream()
      await work(peer)
      await opened.end()
      await opened.close()
    },
    async () => leave(await openPeer(await webSocketPipe(url, bearer(key)))),
    async () => leave(await openPeer(await ssePipe(`${origin}/sse`, bearer(key)), { era: "legacy" })),
    async () => {
      const given = modern.tool("strained__work", {}, { signal: AbortSignal.timeout(2) })
      await given.catch(() => {}) // whether it was in time or not
    },
  ]
  return rare.flatMap((one) => [...calls, ...calls, ...calls, one])
}

async function work(peer: Peer, values: object = {}): Promise<void> {
  const reply = await peer.tool("strained__work", values)
  if (textOf(reply) !== "work") throw new Error(reply.text.slice(0, 500))
}

async function leave(peer: Peer): Promise<void> {
  await work(peer)
  await peer.close()
}
