/**
 * What the tests hold a governed call to: how much it allocates, how much of that outlives it, and how much of the main
 * thread it takes beside the bare Node proxy. All are counted over a fixed number of calls and need Node only, so that
 * `npm test` can ask; none looks at a clock on the wall.
 *
 * The budgets: budget.ts beside run.ts. Why these three: docs/performance.md.
 */

import { budget } from "../budget.ts"
import { ask } from "../measure/ask-subject.ts"
import { openFixedLoad, type FixedLoad } from "../measure/fixed-load.ts"
import { cpuOf } from "../measure/process-figures.ts"
import { modernCall } from "../measure/request.ts"
import { rounded } from "../measure/rows.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { startPlainService } from "../subjects/plain-service.ts"
import { startBareProxy } from "../subjects/yardsticks.ts"

/** So much room for new objects that none is collected while they are counted. */
const roomy = ["--max-semi-space-size=512", "--min-semi-space-size=256"]
/** Young objects are collected every few hundred calls, old ones not. */
const ageing = ["--max-semi-space-size=16", "--min-semi-space-size=16", "--initial-old-space-size=1024"]
const warmCalls = 3_000
const countedCalls = 1_000
const agedCalls = 4_000
const tries = 3
const connections = 8
const tool = "bench__echo"

export type Counted = Readonly<Record<keyof typeof budget, number>>

export async function benchBudget(): Promise<readonly Table[]> {
  const { allocatedBytes, agedBytes, mainThreadRatio } = await countCall()
  return [
    {
      title: "What the tests hold a governed call to",
      about: `Counted over ${countedCalls} calls after ${warmCalls}, ${connections} at once; the least of ${tries}.`,
      rows: [
        {
          figure: "bytes allocated on the main thread's heap",
          counted: allocatedBytes,
          budget: budget.allocatedBytes,
        },
        { figure: "of them, aged before they were collected", counted: agedBytes, budget: budget.agedBytes },
        { figure: "main thread CPU / bare Node proxy", counted: mainThreadRatio, budget: budget.mainThreadRatio },
      ],
    },
  ]
}

export async function countCall(): Promise<Counted> {
  await using service = await startPlainService()
  await using bare = await startBareProxy(service.url)
  const services = { bench: { url: service.url } }
  const agedBytes = await agedBy(services)
  await using gateway = await startGoverned({ services, nodeArgs: roomy })
  await using ofBare = openFixedLoad(modernCall({ url: bare.url, tool }), connections)
  await using ofGateway = openFixedLoad(modernCall({ ...gateway, tool }), connections)
  for (const load of [ofBare, ofGateway]) await load.run(warmCalls)
  const counts: Omit<Counted, "agedBytes">[] = []
  for (let count = 0; count < tries; count++) {
    const allocatedBytes = await allocatedBy(ofGateway, gateway)
    const bareUs = await mainThreadUs(ofBare, bare.process.child.pid ?? 0)
    const ownUs = await mainThreadUs(ofGateway, gateway.process.child.pid ?? 0)
    counts.push({ allocatedBytes, mainThreadRatio: rounded(ownUs / bareUs, 2) })
  }
  const least = (pick: (counted: (typeof counts)[number]) => number): number => Math.min(...counts.map(pick))
  return {
    allocatedBytes: least(({ allocatedBytes }) => allocatedBytes),
    agedBytes,
    mainThreadRatio: least(({ mainThreadRatio }) => mainThreadRatio),
  }
}

async function agedBy(services: Readonly<Record<string, unknown>>): Promise<number> {
  await using gateway = await startGoverned({ services, nodeArgs: ageing })
  await using load = openFixedLoad(modernCall({ ...gateway, tool }), connections)
  await load.run(warmCalls)
  const pid = gateway.process.child.pid ?? 0
  const before = await ask(pid, "heap")
  await load.run(agedCalls)
  const after = await ask(pid, "heap")
  return Math.max(0, Math.round((after.oldBytes - before.oldBytes) / agedCalls))
}

async function allocatedBy(load: FixedLoad, { process }: Gateway): Promise<number> {
  const pid = process.child.pid ?? 0
  await ask(pid, "collect")
  const before = await ask(pid, "heap")
  await load.run(countedCalls)
  const after = await ask(pid, "heap")
  if (after.collections > before.collections) return Infinity
  return Math.round((after.heapBytes - before.heapBytes) / countedCalls)
}

async function mainThreadUs(load: FixedLoad, pid: number): Promise<number> {
  const beforeUs = cpuOf(pid).mainThread
  await load.run(countedCalls)
  return cpuOf(pid).mainThread - beforeUs
}
