/**
 * Clients that take their time, by the hundred: slowhttptest in each of its modes against a gateway, while neighbours
 * call. No call of theirs may fail or wait, and whoever is not done in limits.requestMs is cut off.
 */

import { startGateway } from "../../support/gateway.ts"
import { createAgent } from "../../support/rest.ts"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { listNames, openPeer, textOf, type Peer } from "../../journeys/peer.ts"
import { hello } from "../../journeys/services.ts"
import { residentMb } from "../exhaustion/process-facts.ts"
import type { Figures } from "../figures.ts"
import { missingProgram } from "../missing-program.ts"
import { attacks, run, type Attack, type Length, type Outcome } from "./attack.ts"

const requestMs = 10_000
const neighbours = 4
const pauseMs = 10
/** On a busy machine of two cores. */
const worstMs = 2_000

export async function slowHttp(length: Length): Promise<Figures> {
  const suite = "slow clients (slowhttptest)"
  const missing = missingProgram("slowhttptest")
  if (missing !== false)
    return { suite, figures: {}, violations: [`${missing}: install the Debian package slowhttptest.`] }
  const args = ["--limits-request-ms", String(requestMs), "--limits-stall-ms", String(requestMs)]
  const gateway = await startGateway({ services: { hello }, args })
  try {
    const key = await createAgent(gateway, "slow", { permissions: ["observe"] })
    const peers = await Promise.all(Array.from({ length: neighbours }, () => neighbourOf(gateway)))
    const found: Found[] = []
    for (const attack of attacks) {
      const calling = call(peers)
      const outcome = await run(attack, { origin: gateway.origin, key }, length)
      const calls = await calling.stop()
      found.push({ attack, outcome, calls, megabytes: Math.round(residentMb(gateway.process.child.pid ?? 0)) })
    }
    return {
      suite,
      figures: Object.fromEntries(found.map((each) => [each.attack.name, rowOf(each)])),
      violations: found.flatMap(violationsOf),
    }
  } finally {
    await gateway.stop()
  }
}

type Calls = { readonly made: number; readonly failed: readonly string[]; readonly worstMs: number }
type Found = {
  readonly attack: Attack
  readonly outcome: Outcome
  readonly calls: Calls
  readonly megabytes: number
}

async function neighbourOf(gateway: { readonly url: string; readonly key: string }): Promise<Peer> {
  const peer = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await eventually("hello is listed", async () => (await listNames(peer)).includes("hello__add"))
  return peer
}

function call(peers: readonly Peer[]): { stop(): Promise<Calls> } {
  const over = new AbortController()
  const failed: string[] = []
  let made = 0
  let slowestMs = 0
  const loops = peers.map(async (peer) => {
    while (!over.signal.aborted) {
      const beganMs = performance.now()
      const said = await peer.tool("hello__add", { a: 1, b: 2 }).then(textOf).catch(String)
      slowestMs = Math.max(slowestMs, performance.now() - beganMs)
      made += 1
      if (said !== "3") failed.push(said)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  })
  return {
    stop: async () => {
      over.abort()
      await Promise.all(loops)
      return { made, failed, worstMs: Math.round(slowestMs) }
    },
  }
}

function rowOf({ outcome, calls, megabytes }: Found): Record<string, number | string> {
  return {
    connections: outcome.connections,
    "closed by the gateway": outcome.closed,
    "calls of neighbours": calls.made,
    failed: calls.failed.length,
    "worst ms": calls.worstMs,
    "memory MB": megabytes,
    "its own probe": outcome.available ? "answered" : "not always answered",
  }
}

function violationsOf({ attack: { name, mustEnd }, outcome, calls }: Found): readonly string[] {
  const [first] = calls.failed
  return [
    ...(first === undefined ? [] : [`${name}: ${calls.failed.length} calls of neighbours failed: ${first}`]),
    ...(calls.made === 0 ? [`${name}: no neighbour called.`] : []),
    ...(calls.worstMs > worstMs ? [`${name}: a neighbour waited for ${calls.worstMs} ms.`] : []),
    ...(mustEnd && outcome.closed < outcome.connections
      ? [`${name}: ${outcome.connections - outcome.closed} connections were left open.`]
      : []),
  ]
}
