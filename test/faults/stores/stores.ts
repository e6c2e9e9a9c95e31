/** The parts of `npm run faults -- stores` as one: at a start, without rights, on full disks, and under load. */

import { spawn } from "node:child_process"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import { root } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { damageFigures, type Damage } from "./damage.ts"
import { logDamages } from "./log-damages.ts"
import { damagedWhileRunning, runningDamages } from "./running-damage.ts"
import { stateDamages } from "./state-damages.ts"

type Part = () => Promise<Figures>

/** @param everyNth of the damages at a start; all where it is 1 */
export function damagedStarts(everyNth: number): Promise<Figures> {
  const some = (damages: readonly Damage[]) => damages.filter((_, index) => index % everyNth === 0)
  return damageFigures("the files of a start are damaged", [...some(logDamages), ...some(stateDamages)])
}

/** In a process without the rights that root has whatever the modes of files say. */
export const withoutRights: Part = () => unshared("-U", "without-rights.ts")

/** In a process that may mount small disks for itself, without being root. */
export const smallDisks: Part = () => unshared("-Urm", "small-disk.ts")

export async function storesSuite(): Promise<Figures> {
  const parts: readonly Part[] = [
    () => damagedStarts(1),
    withoutRights,
    smallDisks,
    () => damagedWhileRunning(runningDamages),
  ]
  const found: Figures[] = []
  for (const part of parts) found.push(await part())
  return {
    suite: "damaged, locked, unreadable and full stores",
    figures: Object.fromEntries(found.flatMap(rowsOf)),
    violations: found.flatMap(({ violations }) => violations),
  }
}

type Row = Readonly<Record<string, number | string>>

/** Figures of a part are one row, unless they are rows already. */
function rowsOf({ suite, figures }: Figures): readonly (readonly [string, Row])[] {
  const entries = Object.entries(figures)
  const rows = entries.filter((entry): entry is [string, Row] => typeof entry[1] === "object")
  return rows.length === entries.length ? rows : [[suite, figures as Row]]
}

async function unshared(namespaces: string, script: string): Promise<Figures> {
  const path = join(root, "test/faults/stores", script)
  const child = spawn("unshare", [namespaces, process.execPath, path], { stdio: ["ignore", "pipe", "inherit"] })
  return (await json(child.stdout)) as Figures
}
