/** Services whose names nobody answers for beside those that are known: silent-resolver.ts, in a process that may mount. */

import { spawn } from "node:child_process"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import type { Figures } from "../figures.ts"
import { missingProgram } from "../missing-program.ts"

export async function silentNames(): Promise<Figures> {
  const suite = "names that nobody answers for"
  const missing = missingProgram("unshare", "mount")
  if (missing !== false) return { suite, figures: {}, violations: [`${missing}.`] }
  const script = join(import.meta.dirname, "silent-resolver.ts")
  const child = spawn("unshare", ["-m", process.execPath, script], { stdio: ["ignore", "pipe", "inherit"] })
  return (await json(child.stdout).catch(() => ({
    suite,
    figures: {},
    violations: ["It could not be tried: it needs root, for a mount and port 53 of 127.0.0.99."],
  }))) as Figures
}
