/** RES-02, RES-07: sessions and connections that are begun and abandoned leave nothing behind: abandon.ts. */

import { join } from "node:path"
import { eventually } from "../../journeys/eventually.ts"
import { root, start } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { openStrained, rounded, type Strained } from "./strained.ts"

/** Sessions that stay in memory are as many from the first on as there are places for. */
const places = 200
const heapMbMore = 12
const moreShare = 0.1
const rssMbMore = 40

export async function abandoned(count: number): Promise<Figures> {
  const args = ["--limits-sessions", String(places), "--limits-sessions-per-principal", String(places)]
  await using strained = await openStrained({ args })
  const [key = ""] = await strained.agents(1)
  await abandon(strained, key, Math.max(500, Math.floor(count / 10)))
  await settled(strained)
  const before = await strained.facts()
  const fromMs = performance.now()
  await abandon(strained, key, count)
  const tookMs = performance.now() - fromMs
  await settled(strained)
  const after = await strained.facts()
  await strained.call()
  const violations = [
    ...more("descriptors", before.descriptors, after.descriptors, 5),
    ...more("timers, sockets and the like", before.resources, after.resources, 5),
    ...more("MB of heap", before.heapMb, after.heapMb, heapMbMore),
    ...more("MB of memory", before.rssMb, after.rssMb, rssMbMore + before.rssMb * moreShare),
  ]
  const figures = {
    "begun and abandoned": count,
    "a second": Math.round((count * 1_000) / tookMs),
    descriptors: `${before.descriptors} to ${after.descriptors}`,
    "timers, sockets and the like": `${before.resources} to ${after.resources}`,
    "heap, MB": `${rounded(before.heapMb)} to ${rounded(after.heapMb)}`,
    "RSS, MB": `${rounded(before.rssMb)} to ${rounded(after.rssMb)}`,
  }
  return { suite: "abandoned sessions", figures, violations }
}

async function abandon({ gateway }: Strained, key: string, count: number): Promise<void> {
  const script = join(root, "test/faults/exhaustion/abandon.ts")
  const running = await start({
    args: [script, gateway.url, key, String(count)],
    ready: /^done /,
    deadlineMs: 600_000,
  })
  await running.stop()
}

/** What has been reset is let go of a moment later. */
async function settled(strained: Strained): Promise<void> {
  let last = -1
  await eventually(
    "the gateway has let go of all of them",
    async () => {
      const { descriptors } = await strained.facts()
      const isSame = descriptors === last
      last = descriptors
      return isSame
    },
    30_000,
  )
}

function more(what: string, before: number, after: number, allowed: number): readonly string[] {
  return after > before + allowed ? [`${what} went from ${before} to ${after}`] : []
}
