/**
 * LIF-04: SIGTERM at any moment of a start. The gateway ends in its time whatever it was about to do, leaves no child and
 * no lock behind, and the next start finds everything in order. The second signal of a stop: journeys/crash.test.ts.
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { root } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { openRig, type Rig } from "../rig.ts"

const latestMs = 1_200
const mostToEndMs = 10_000

type Counts = { starts: number; ready: number; longestMs: number; readonly violations: string[] }

export async function interruptedStarts(rounds: number): Promise<Figures> {
  const rig = await openRig()
  const counts: Counts = { starts: 0, ready: 0, longestMs: 0, violations: [] }
  try {
    await rig.start()
    await rig.call()
    await rig.stop("SIGKILL")
    for (let round = 1; round <= rounds; round += 1) await interrupt(rig, counts)
    await rig.start()
    counts.violations.push(...(await rig.check()))
  } finally {
    await rig.close()
  }
  const { violations, starts, ready, longestMs } = counts
  const figures = { starts, "ready before the signal": ready, "slowest end, ms": Math.round(longestMs) }
  return { suite: "starts that are interrupted", figures, violations }
}

async function interrupt({ origin, data, servers }: Rig, counts: Counts): Promise<void> {
  const places = ["--port", new URL(origin).port, "--data", data, "--servers", servers]
  const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "serve", ...places], {
    stdio: ["ignore", "pipe", "ignore"],
  })
  const ended = once(child, "exit") as Promise<[number | null, string | null]>
  const said = text(child.stdout)
  await sleep(Math.random() * latestMs)
  counts.starts += 1
  const beganMs = performance.now()
  child.kill("SIGTERM")
  const late = setTimeout(() => child.kill("SIGKILL"), mostToEndMs)
  const [code, signal] = await ended
  clearTimeout(late)
  counts.longestMs = Math.max(counts.longestMs, performance.now() - beganMs)
  if ((await said).includes("listening")) counts.ready += 1
  // Before it listens to signals, the signal itself ends it.
  const isEnded = code === 0 || signal === "SIGTERM"
  if (!isEnded) counts.violations.push(`start ${counts.starts} ended with ${code ?? signal}`)
}
