/**
 * STO-06 while it runs: the audit log is damaged under a gateway under load. It stays up, every call is answered or
 * refused in its time, and afterwards either nothing is lost, or verification and the next start say what is wrong.
 */

import { setTimeout as sleep } from "node:timers/promises"
import type { Entry } from "../../../src/domain/audit/entry.ts"
import type { Figures } from "../figures.ts"
import { eventually } from "../../journeys/eventually.ts"
import { readEntries } from "../log-entries.ts"
import { openRig, type Rig } from "../rig.ts"
import { harm } from "./harm.ts"

type RunningDamage = { readonly what: string; readonly harm: (folder: string) => Promise<void> }

const log = "audit/log.db"
const callsPerSecond = 150
const warmUpMs = 400
const lastsMs = 800

export const runningDamages: readonly RunningDamage[] = [
  { what: "noise in the middle of log.db", harm: harm.noiseAt(log, 0.5, 4_096) },
  { what: "noise all over log.db", harm: harm.noiseAt(log, 0, 65_536) },
  { what: "noise in the middle of the WAL", harm: harm.noiseAt(`${log}-wal`, 0.5, 20_000) },
  { what: "the WAL is cut to nothing", harm: harm.empty(`${log}-wal`) },
  { what: "log.db is cut to nothing", harm: harm.empty(log) },
  { what: "log.db is replaced by something else", harm: harm.write(log, "no database") },
  { what: "log.db and its WAL are deleted", harm: deleteAll },
]

export async function damagedWhileRunning(damages: readonly RunningDamage[]): Promise<Figures> {
  const rows: Record<string, Readonly<Record<string, number | string>>> = {}
  const violations: string[] = []
  for (const damage of damages) {
    const { row, found } = await oneDamage(damage)
    rows[damage.what] = row
    violations.push(...found.map((violation) => `${damage.what}: ${violation}`))
  }
  return { suite: "the audit log is damaged under the gateway", figures: rows, violations }
}

type Outcome = { readonly row: Readonly<Record<string, number | string>>; readonly found: readonly string[] }

async function oneDamage(damage: RunningDamage): Promise<Outcome> {
  const rig = await openRig()
  try {
    await rig.start()
    const load = rig.load(callsPerSecond)
    await sleep(warmUpMs)
    await eventually("calls are answered", () => rig.calls.of("answered").length > 20)
    await damage.harm(rig.data)
    await sleep(lastsMs)
    await load.stop()
    return await judge(rig)
  } finally {
    await rig.close()
  }
}

async function judge(rig: Rig): Promise<Outcome> {
  const wasAlive = rig.isAlive
  const [answered, refused, unknown, mistaken] = (["answered", "refused", "unknown", "mistaken"] as const).map(
    (kind) => rig.calls.of(kind).length,
  )
  await rig.stop()
  const damage = await rig.damage()
  const next = await rig.start().then(
    () => "opens",
    (thrown: unknown) => (thrown as Error).message,
  )
  const isSaid = damage.length > 0 || next !== "opens" || readEntries(rig.data).some(tellsOfLoss)
  const lost = isSaid ? [] : await rig.check()
  const isClear = next === "opens" || /audit\/log\.db in the data folder/.test(next)
  return {
    row: {
      answered: answered ?? 0,
      refused: refused ?? 0,
      verify: damage.length === 0 ? "ok" : "damage",
      next: next === "opens" ? next : "refused",
    },
    found: [
      ...(wasAlive ? [] : ["the gateway died"]),
      ...((unknown ?? 0) + (mistaken ?? 0) === 0
        ? []
        : [`${unknown} calls got no answer, ${mistaken} that of another`]),
      ...(isClear ? [] : [`the next start says ${next}`]),
      ...lost.map((violation) => `nothing is said of it, but ${violation}`),
    ],
  }
}

function tellsOfLoss({ kind, detail }: Entry): boolean {
  return kind === "opening" && Number(detail?.["lost"] ?? 0) > 0
}

async function deleteAll(folder: string): Promise<void> {
  for (const name of [log, `${log}-wal`, `${log}-shm`]) await harm.remove(name)(folder)
}
