/** What could be used up, used up: streams, sessions, descriptors, memory. Each part can be had alone. */

import { abandoned } from "./abandoned.ts"
import { descriptorsAtTheLimit } from "./descriptors.ts"
import type { Figures } from "../figures.ts"
import { idleStreams } from "./idle-streams.ts"
import { memoryCeiling } from "./memory-ceiling.ts"

export type Extent = {
  readonly streams: number
  readonly abandoned: number
  readonly rounds: number
  readonly seconds: number
}

export async function exhaustion({ streams, abandoned: gone, rounds, seconds }: Extent): Promise<Figures> {
  const parts = [
    await idleStreams(streams),
    await abandoned(gone),
    await descriptorsAtTheLimit(rounds),
    await memoryCeiling(seconds),
  ]
  const figures = parts.flatMap(({ suite, figures }) =>
    Object.entries(figures).map(([name, value]) => [`${suite}: ${name}`, value] as const),
  )
  const violations = parts.flatMap((part) => part.violations.map((violation) => `${part.suite}: ${violation}`))
  return { suite: "exhaustion", figures: Object.fromEntries(figures), violations }
}
