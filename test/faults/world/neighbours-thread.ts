/** The thread of neighbours.ts: calls the healthy services and keeps how long they took, in a histogram of us. */

import { createHistogram, type RecordableHistogram } from "node:perf_hooks"
import { parentPort, workerData } from "node:worker_threads"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { startLoad } from "../../journeys/load.ts"
import { openPeer } from "../../journeys/peer.ts"
import { ClientJournal, type Asked } from "../client-journal.ts"
import { passingFetch } from "./passing-fetch.ts"
import type { Latencies, NeighbourOptions, NeighbourQuestion } from "./neighbours.ts"

const tools = ["modern__count", "legacy__count", "piped__count"] as const

const { url, key, callsPerSecond } = workerData as NeighbourOptions
const peer = await openPeer(httpPipe(url, bearer(key), { fetch: passingFetch }))
const [all, lately] = [createHistogram(), createHistogram()]
const failures: string[] = []
let made = 0

for (const tool of tools) {
  const isServed = async (): Promise<boolean> => (await call(tool)).fate?.kind === "answered"
  await eventually(`${tool} is served`, isServed)
}
const load = startLoad(callsPerSecond, async () => {
  const tool = tools[made++ % tools.length] ?? tools[0]
  const { fate, askedAtMs, toldAtMs = askedAtMs } = await call(tool)
  for (const histogram of [all, lately]) histogram.record(Math.max(1, Math.round((toldAtMs - askedAtMs) * 1_000)))
  if (fate?.kind !== "answered") failures.push(`${tool} ended so: ${JSON.stringify(fate)}`)
  return undefined
})
parentPort?.on("message", (question: NeighbourQuestion) => void answer(question))
parentPort?.postMessage("ready", [])

async function answer(question: NeighbourQuestion): Promise<void> {
  if (question === "stop") {
    failures.push(...(await load.stop()).failures, ...peer.strays.map((text) => `An answer to nothing: ${text}`))
    await peer.close()
  }
  parentPort?.postMessage({ ...latenciesOf(question === "stop" ? all : lately), failures }, [])
  if (question !== "stop") lately.reset()
  if (question === "begin") all.reset()
}

function call(tool: string): Promise<Asked> {
  return new ClientJournal().call(peer, tool)
}

function latenciesOf(histogram: RecordableHistogram): Latencies {
  const ms = (us: number): number => Math.round(us / 100) / 10
  return {
    calls: histogram.count,
    medianMs: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    worstMs: histogram.count === 0 ? 0 : ms(histogram.max),
  }
}
