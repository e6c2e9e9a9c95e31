/**
 * RES-06: a gateway with little heap and little memory under a flood of large bodies, large answers that nobody reads and
 * new sessions. It refuses in time, is never killed for want of memory, and is well again when the flood is over.
 */

import { once } from "node:events"
import { request, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer } from "../../journeys/peer.ts"
import type { Figures } from "../figures.ts"
import { residentMb } from "./process-facts.ts"
import { openStrained, type Strained } from "./strained.ts"

const heapMb = 96
const rssMb = 260
const mib = 1_048_576
const atOnce = 48
const patienceMs = 20_000
/** Of what is allowed: between two looks more can come than is refused. */
const mostRssMb = rssMb * 2

type Seen = { asked: number; refused: number; answered: number; peakMb: number; level: number }
type Readiness = {
  readonly reason?: string
  readonly load?: { readonly level: number; readonly shed: Readonly<Record<string, number>> }
}

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
  const recoveredMs = await eventually("it takes everything again", () => isWell(strained), 120_000).catch(
    () => undefined,
  )
  if (seen.peakMb > mostRssMb) violations.push(`it took ${seen.peakMb} MB`)
  const { load, reason } = await readinessOf(strained)
  if (recoveredMs === undefined)
    violations.push(`it is not well again within two minutes: ${reason ?? "it does not say why"}`)
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
  const ways = [begin, sendInVain, send, sendInVain]
  for (let turn = at; performance.now() < until && strained.isAlive; turn++) {
    seen.asked += 1
    const isAnswered = await ways[turn % ways.length]?.(strained.gateway, key).catch(() => false)
    if (isAnswered) seen.answered += 1
    else seen.refused += 1
  }
}

type Gateway = Strained["gateway"]

async function begin({ url }: Gateway, key: string): Promise<boolean> {
  const pipe = httpPipe(url, bearer(key))
  await openPeer(pipe, { era: "legacy" })
  await pipe.openStream()
  return true
}

/** Calls with arguments of megabytes: one that reaches the service, and one of a tool that is not there. */
const [large, vain] = ["strained__work", "strained__gone"].map((name) =>
  Buffer.from(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":{"text":"${"x".repeat(3 * mib)}"}}}`,
  ),
)

function send(gateway: Gateway, key: string): Promise<boolean> {
  return post(gateway, key, large)
}

function sendInVain(gateway: Gateway, key: string): Promise<boolean> {
  return post(gateway, key, vain)
}

async function post({ url }: Gateway, key: string, body: Buffer | undefined): Promise<boolean> {
  const headers = { ...bearer(key), "content-type": "application/json", accept: "application/json" }
  const sending = request(url, { method: "POST", headers, agent: false, timeout: patienceMs })
  sending.on("timeout", () => sending.destroy())
  sending.end(body)
  const [answer] = (await once(sending, "response")) as [IncomingMessage]
  return !(await text(answer)).includes('"overloaded"')
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
