/**
 * CFG-17 and LIF-07: everything that can be changed while the gateway runs, changed again and again under load. Each
 * change takes effect, no call of anybody else fails, and descriptors, listeners and memory are afterwards what they were.
 */

import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { Figures } from "../figures.ts"
import { descriptorsOf, residentMb, socketsOf } from "../exhaustion/process-facts.ts"
import { openRig, type Rig } from "../rig.ts"
import { openChanges } from "./changes.ts"

const callsPerSecond = 40
const warmUpRounds = 1
/** Connections of the load are kept open for a while on both sides; each kind of change is made twenty times. */
const descriptorSlack = 40
const mostGrowthMb = 60
const calmMs = 1_000

type Size = { readonly descriptors: number; readonly listeners: number; readonly mb: number }

export async function reloadRounds(rounds: number): Promise<Figures> {
  const rig = await openRig()
  const violations: string[] = []
  try {
    await rig.start()
    const changes = await openChanges(rig)
    const load = rig.load(callsPerSecond)
    const play = async (round: number): Promise<void> => {
      for (const [name, change] of Object.entries(changes.all)) {
        const failed = await change(round).then(() => undefined, String)
        if (failed !== undefined) violations.push(`${name}, round ${round}: ${failed}`)
      }
    }
    for (let round = 1; round <= warmUpRounds; round += 1) await play(round)
    const before = sizeOf(rig)
    for (let round = 1; round <= rounds; round += 1) await play(warmUpRounds + round)
    await load.stop()
    await changes.close()
    await sleep(calmMs)
    const after = sizeOf(rig)
    violations.push(...grown(before, after), ...(await rig.check()))
    return figuresOf(rig, { kinds: Object.keys(changes.all).length, rounds, before, after, violations })
  } finally {
    await rig.close()
  }
}

type Played = {
  readonly kinds: number
  readonly rounds: number
  readonly before: Size
  readonly after: Size
  readonly violations: string[]
}

function figuresOf(rig: Rig, { kinds, rounds, before, after, violations }: Played): Figures {
  const [calls, answered] = [rig.calls.asked.length, rig.calls.of("answered").length]
  const failed = rig.calls.asked.find(({ fate }) => fate?.kind !== "answered")
  if (failed) violations.push(`${calls - answered} calls failed, such as ${JSON.stringify(failed)}`)
  const figures = {
    "kinds of change": kinds,
    changes: kinds * rounds,
    calls,
    failed: calls - answered,
    "descriptors before and after": `${before.descriptors}, ${after.descriptors}`,
    "listeners before and after": `${before.listeners}, ${after.listeners}`,
    "MB before and after": `${Math.round(before.mb)}, ${Math.round(after.mb)}`,
  }
  return { suite: "changes under load", figures, violations }
}

function grown(before: Size, after: Size): readonly string[] {
  return [
    ...(after.descriptors > before.descriptors + descriptorSlack ? ["descriptors were not given back"] : []),
    ...(after.listeners !== before.listeners ? [`${after.listeners} sockets listen`] : []),
    ...(after.mb > before.mb + mostGrowthMb ? [`memory grew from ${before.mb} to ${after.mb} MB`] : []),
  ]
}

function sizeOf({ pid }: Rig): Size {
  return { descriptors: descriptorsOf(pid), listeners: listenersOf(pid), mb: residentMb(pid) }
}

/** TCP sockets of the process that listen. @see proc_net_tcp(5): the state 0A, and the inode */
function listenersOf(pid: number): number {
  const rows = ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n").slice(1),
  )
  const own = socketsOf(pid)
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = ""]) => state === "0A" && own.has(inode)).length
}
