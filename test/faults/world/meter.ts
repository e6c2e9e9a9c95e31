/**
 * Looks at the process of a gateway from outside: what it holds, whether it still is the one that was started, and
 * whether it has complained of a fault of its own.
 */

import { readdir, readFile } from "node:fs/promises"
import { eventually } from "../../journeys/eventually.ts"
import type { Running } from "../../support/process.ts"

export type Reading = { readonly rssMb: number; readonly descriptors: number; readonly children: number }

/** What it says when something was caught by nobody: see main/serve.ts. Node's own words for what comes before that. */
const complaints = /"level":"fatal"|a fault of its own|unhandled|uncaught|MaxListenersExceeded|FATAL ERROR/i

export async function readMeter({ child }: Running): Promise<Reading> {
  const folder = `/proc/${child.pid}`
  const [status, descriptors, threads] = await Promise.all([
    readFile(`${folder}/status`, "utf8"),
    readdir(`${folder}/fd`),
    readdir(`${folder}/task`),
  ])
  const lists = threads.map((id) => readFile(`${folder}/task/${id}/children`, "utf8").catch(() => ""))
  const children = (await Promise.all(lists)).flatMap((list) => list.split(" ").filter((pid) => pid.trim() !== ""))
  const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
  return { rssMb: Math.round(rssKb / 102.4) / 10, descriptors: descriptors.length, children: children.length }
}

/** What of one that was started is not as it should be: a sentence each. */
export function complaintsOf(gateway: Running): readonly string[] {
  const { exitCode, signalCode } = gateway.child
  const lines = gateway.stderr().split("\n")
  return [
    ...(exitCode === null && signalCode === null ? [] : [`The gateway ended: ${exitCode ?? signalCode}.`]),
    ...lines.filter((line) => complaints.test(line)).map((line) => `The gateway says: ${line.slice(0, 500)}`),
  ]
}

/** The share by which it may differ from what it was. */
const tolerance = 0.1
/** Of connections of clients that come and go, in number. */
const slackDescriptors = 4

/** Waits until the process holds what it held before. @returns the last reading, and what it still has too much of */
export async function settle(
  gateway: Running,
  before: Reading,
  { slackMb = 0, withinMs = 30_000 }: { readonly slackMb?: number; readonly withinMs?: number },
): Promise<{ after: Reading; tookMs: number; violations: readonly string[] }> {
  let after = await readMeter(gateway)
  const beganAtMs = performance.now()
  const look = async (): Promise<boolean> => {
    after = await readMeter(gateway)
    return excess(before, after, slackMb).length === 0
  }
  await eventually("the gateway holds what it held before", look, withinMs).catch(() => {})
  return { after, tookMs: Math.round(performance.now() - beganAtMs), violations: excess(before, after, slackMb) }
}

function excess(before: Reading, after: Reading, slackMb: number): readonly string[] {
  const slack: Reading = { rssMb: slackMb, descriptors: slackDescriptors, children: 0 }
  return (["rssMb", "descriptors", "children"] as const)
    .filter((what) => after[what] > before[what] * (1 + tolerance) + slack[what])
    .map((what) => `${what} went from ${before[what]} to ${after[what]}.`)
}
