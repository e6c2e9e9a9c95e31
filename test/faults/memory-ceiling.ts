/**
 * RES-06: a gateway with little heap and little memory under a flood of large bodies, large answers that nobody reads and
 * new sessions. It refuses in time, is never killed for want of memory, and is well again when the flood is over.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../journeys/eventually.ts"
import { bearer, httpPipe } from "../journeys/http-pipe.ts"
import { openPeer } from "../journeys/peer.ts"
import type { Figures } from "./figures.ts"
import { residentMb } from "./process-facts.ts"
import { openStrained, type Strained } from "./strained.ts"

const heapMb = 96
const rssMb = 420
const mib = 1_048_576
const atOnce = 48
/** Of what is allowed: between two looks more can come than is refused. */
const mostRssMb = rssMb * 1.5

type Seen = { asked: number; refused: number; answered: number; peakMb: number; level: number }
type Readiness = { readonly load?: { readonly level: number; readonly shed: Readonly<Record<string, number>> } }

export async function memoryCeiling(seconds: number): Promise<Figures> {
  await using strained = await openStrained({
    nodeArgs: [`--max-old-space-size=${heapMb}`],
    args: ["--overload-rss-bytes", String(rssMb * mib), "--limits-stall-ms", "3000"],
  })
  const [key = ""] = await strained.agents(1)
  const seen: Seen = { asked: 0, refused: 0, answered: 0, peakMb: 0, level: 0 }
  const until = performance.now() + seconds * 1_000
  const flood = Array.from({ length: atOnce }, (_, at) => pour(strained, { key, seen, until, at }))
  await Promise.all([watch(strained, seen, until), ...flood])
  const violations: string[] = []
  if (!strained.isAlive)
    return {
      suite: "memory ceiling",
      figures: {},
      violations: [`the gateway ended: ${strained.gateway.process.stderr()}`],
    }
  const recoveredMs = await eventually("it takes everything again", () => isWell(strained), 60_000).catch(
    () => undefined,
  )
  if (recoveredMs === undefined) violations.push("it is not well again within a minute")
  if (seen.peakMb > mostRssMb) violations.push(`it took ${seen.peakMb} MB`)
  const { load } = await readinessOf(strained)
  const figures = {
    "heap allowed, MB": heapMb,
    "memory allowed, MB": rssMb,
    "memory taken at most, MB": Math.round(seen.peakMb),
    "requests of the flood": seen.asked,
    answered: seen.answered,
    "refused or cut off": seen.refused,
    "level reached": seen.level,
    ...load?.shed,
    "well again after, ms": recoveredMs ?? -1,
  }
  return { suite: "memory ceiling", figures, violations }
}

type Pour = { readonly key: string; readonly seen: Seen; readonly until: number; readonly at: number }

async function pour(strained: Strained, { key, seen, until, at }: Pour): Promise<void> {
  const large = JSON.stringify("x".repeat(3 * mib))
  for (let turn = at; performance.now() < until && strained.isAlive; turn++) {
    seen.asked += 1
    const asked = turn % 3 === 0 ? begin(strained, key) : send(strained, key, large)
    await asked.then(
      (isAnswered) => (isAnswered ? (seen.answered += 1) : (seen.refused += 1)),
      () => (seen.refused += 1),
    )
  }
}

async function begin({ gateway }: Strained, key: string): Promise<boolean> {
  const pipe = httpPipe(gateway.url, bearer(key))
  await openPeer(pipe, { era: "legacy" })
  await pipe.openStream()
  return true
}

/** A call with arguments of megabytes, whose answer holds them too. */
async function send({ gateway }: Strained, key: string, large: string): Promise<boolean> {
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"strained__work","arguments":{"text":${large}}}}`
  const headers = { ...bearer(key), "content-type": "application/json", accept: "application/json" }
  const answer = await fetch(gateway.url, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) })
  return (await answer.text()).includes('"result"')
}

async function watch(strained: Strained, seen: Seen, until: number): Promise<void> {
  while (performance.now() < until && strained.isAlive) {
    seen.peakMb = Math.max(seen.peakMb, residentMb(strained.pid))
    const { load } = await readinessOf(strained).catch((): Readiness => ({}))
    seen.level = Math.max(seen.level, load?.level ?? 0)
    await sleep(50)
  }
}

async function readinessOf({ gateway }: Strained): Promise<Readiness> {
  const answer = await fetch(`${gateway.origin}/readiness`, { signal: AbortSignal.timeout(10_000) })
  return (await answer.json()) as Readiness
}

async function isWell(strained: Strained): Promise<boolean> {
  const { load } = await readinessOf(strained).catch((): Readiness => ({ load: { level: 3, shed: {} } }))
  if ((load?.level ?? 0) > 0) return false
  await strained.call()
  return true
}
