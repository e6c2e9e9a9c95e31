/**
 * STO-08: the wall clock jumps an hour ahead, an hour back, ten years ahead, and back again, while calls run. Intervals
 * stay what they are: deadlines, the windows of quotas, the waits of guessing and of connections. Only what is said in
 * wall time follows it: keys and sessions that expire. The record stays a chain, and every call counts once.
 */

import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { startLoad } from "../../journeys/load.ts"
import { startService, type ToolRun } from "../../journeys/scripted-service.ts"
import type { Figures } from "../figures.ts"
import { readEntries } from "../log-entries.ts"
import { violationsOf } from "../invariants.ts"
import { openRig, type Rig } from "../rig.ts"
import { usageDifferences } from "../usage-sums.ts"
import { createFakeClock, type FakeClock } from "./fake-clock.ts"
import { callIdleMs, probes, silentServices } from "./probes.ts"

const hour = "3600"
const tenYears = String(10 * 365 * 86_400)
/** From one to the next; each is looked at for as long as the probes take. */
export const allJumps = [`+${hour}`, "+0", `-${hour}`, "+0", `+${tenYears}`, "+0"] as const
export const fewJumps = [`-${hour}`, `+${tenYears}`, "+0"] as const

const callsPerSecond = 25
const settledMs = 300

export async function clockJumps(jumps: readonly string[]): Promise<Figures> {
  const clock = createFakeClock()
  const rig = await openRig()
  const service = await startService({ tools: [{ name: "never", run: never }] })
  try {
    for (let at = 0; at < silentServices; at += 1)
      await writeFile(join(rig.servers, `silent${at}.json`), JSON.stringify({ url: service.url }), { mode: 0o600 })
    await rig.start({
      env: clock.env,
      args: ["--limits-call-idle-ms", String(callIdleMs), "--audit-retention-days", "1"],
    })
    return await jumpAll(rig, clock, jumps)
  } finally {
    await rig.close()
    await service.close()
    clock.remove()
  }
}

async function jumpAll(rig: Rig, clock: FakeClock, jumps: readonly string[]): Promise<Figures> {
  const violations: string[] = []
  const opened = await Promise.all(
    Object.entries(probes).map(async ([name, open]) => ({ name, begin: await open(rig) })),
  )
  const load = startLoad(callsPerSecond, async () => void (await callOne(rig)))
  for (const jump of jumps) {
    const begun = await Promise.all(opened.map(async ({ name, begin }) => ({ name, look: await begin() })))
    await sleep(settledMs)
    clock.set(jump)
    const looks = begun.map(async ({ name, look }) => {
      const found = await look(Number(jump))
      if (found !== undefined) violations.push(`${jump} s, ${name}: ${found}`)
    })
    await Promise.all(looks)
  }
  await load.stop()
  violations.push(...(await afterwards(rig)))
  const [calls, answered] = [rig.calls.asked.length, rig.calls.of("answered").length]
  if (answered < calls) violations.push(`${calls - answered} calls failed`)
  const figures = {
    jumps: jumps.length,
    looks: jumps.length * opened.length,
    "calls meanwhile": calls,
    failed: calls - answered,
    entries: readEntries(rig.data).length,
  }
  return { suite: "the clock jumps", figures, violations }
}

const ways = ["modern__count", "legacy__count", "piped__count"] as const

/** By clients without a session, which expires. */
function callOne(rig: Rig): Promise<unknown> {
  return rig.calls.call(rig.clients.modern, ways[rig.calls.asked.length % ways.length] ?? ways[0])
}

/** The clock is right again. */
async function afterwards(rig: Rig): Promise<readonly string[]> {
  const entries = readEntries(rig.data)
  const nowMs = Date.now()
  const shown = entries.filter(({ kind, timeMs }) => kind !== "end" || timeMs <= nowMs)
  const differences = await usageDifferences(rig.clients.modern, shown)
  const seen = await rig.seen()
  return [...violationsOf({ asked: rig.calls.asked, seen, entries }), ...(await rig.damage()), ...differences]
}

function never({ signal }: ToolRun): Promise<object> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve({})))
}
