/**
 * The audit log unwritable under load, in every way of unwritable-causes.ts. What is asked of the gateway meanwhile:
 * suffering.ts.
 */

import { spawn } from "node:child_process"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import { root } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { suffer, type Suffered } from "./suffering.ts"
import { causes } from "./unwritable-causes.ts"

export async function unwritableWays(): Promise<Figures> {
  const all = [await sufferFullDisk()]
  for (const cause of causes) all.push(await suffer(cause))
  return {
    suite: "the audit log cannot be written",
    figures: Object.fromEntries(all.map(({ way, row }) => [way, row])),
    violations: all.flatMap(({ way, violations }) => violations.map((violation) => `${way}: ${violation}`)),
  }
}

/** In a process that may mount a small disk for itself, without being root. */
async function sufferFullDisk(): Promise<Suffered> {
  const script = join(root, "test/faults/audit/disk-full.ts")
  const child = spawn("unshare", ["-Urm", process.execPath, script], { stdio: ["ignore", "pipe", "inherit"] })
  return (await json(child.stdout)) as Suffered
}
