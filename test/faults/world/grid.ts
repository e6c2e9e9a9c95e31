/** Plays cases of harm on one ground, several at once, and says of each what became of its callers and what it left. */

import type { Asked } from "./asked.ts"
import type { Case } from "./cases.ts"
import type { Ground } from "./ground.ts"
import { addHarmful } from "./harmful.ts"
import type { Outcome } from "./service/kind.ts"

export type GridOptions = {
  readonly cases: readonly Case[]
  readonly atOnce: number
  /** Of the harm that is a matter of number. */
  readonly floodShare: number
  /** Calls of one case, or groups of them where its kind wants several at once. */
  readonly rounds: number
  /** How late, after its deadline, a caller may hear. */
  readonly graceMs: number
}

export type Played = {
  readonly played: Case
  readonly asked: readonly Asked[]
  readonly worstMs: number
  readonly violations: readonly string[]
}

/** Plays the cases, so many at once. */
export async function playAll(ground: Ground, options: GridOptions): Promise<readonly Played[]> {
  const left = [...options.cases]
  const played: Played[] = []
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) played.push(await play(ground, next, options))
  }
  await Promise.all(Array.from({ length: options.atOnce }, work))
  return played
}

async function play(ground: Ground, played: Case, options: GridOptions): Promise<Played> {
  const { name, kind, transport, era } = played
  const { atOnce = 1, values = {} } = kind
  const harmful = await addHarmful(ground, played, options.floodShare)
  const asked: Asked[] = []
  for (let round = 0; round < options.rounds; round++) {
    const together = Array.from({ length: atOnce }, () => ground.ask(harmful.name, { values }))
    asked.push(...(await Promise.all(together)))
  }
  const left = await harmful.remove()
  const dueMs = harmful.limits.maxTimeMs + options.graceMs
  const who = `${kind.id} ${name} over ${transport} (${era}), which ${kind.does}:`
  const stray = asked.flatMap((each, index) => strayFrom(played, each, { index, dueMs }))
  return {
    played,
    asked,
    worstMs: Math.max(...asked.map(({ tookMs }) => tookMs)),
    violations: [...stray, ...left].map((what) => `${who} ${what}`),
  }
}

/** Where a caller did not get what the kind's row says, or late. */
function strayFrom(
  { kind: { gets, later = gets, atOnce = 1 } }: Case,
  { fate, tookMs }: Asked,
  { index, dueMs }: { readonly index: number; readonly dueMs: number },
): readonly string[] {
  const expected: readonly Outcome[] = index < atOnce ? gets : later
  const got = `call ${index + 1} got ${JSON.stringify(fate).slice(0, 400)} instead of ${expected.join(" or ")}`
  return [
    ...(expected.some((outcome) => outcome === fate.kind) ? [] : [got]),
    ...(tookMs <= dueMs ? [] : [`call ${index + 1} heard after ${Math.round(tookMs)} ms, not ${dueMs}`]),
  ]
}
