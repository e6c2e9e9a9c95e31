/** The parts of `npm run faults -- lifecycle` as one. */

import type { Figures } from "../figures.ts"
import { crashLoop } from "./crash-loop.ts"
import { interruptedStarts } from "./interrupted-starts.ts"
import { reloadRounds } from "./reloads.ts"
import { restartRounds } from "./restarts.ts"

const crashLoopMs = 20_000

export async function lifecycleSuite(rounds: number): Promise<Figures> {
  const found: Figures[] = []
  const parts = [
    () => restartRounds(rounds),
    () => restartRounds(Math.ceil(rounds / 4), ["--workers", "2"]),
    () => reloadRounds(rounds),
    () => interruptedStarts(rounds),
    () => crashLoop(crashLoopMs),
  ]
  for (const part of parts) found.push(await part())
  const rows = found.flatMap(({ suite, figures }) =>
    Object.entries(figures).map(([name, figure]) => [`${suite}: ${name}`, figure] as const),
  )
  return {
    suite: "the life of a gateway",
    figures: Object.fromEntries(rows),
    violations: found.flatMap(({ violations }) => violations),
  }
}
