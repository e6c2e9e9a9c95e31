/** All bad input at length, for `npm run faults -- input`. What `npm test` throws of it: the tests beside this file. */

import { randomInt } from "node:crypto"
import type { Figures } from "../figures.ts"
import { commandLines } from "./command-lines.ts"
import { fileRounds, halfWritten } from "./files/file-rounds.ts"
import { edges, fuzz, naughty } from "./input.ts"

/** From here on nothing is left out. */
const fullRounds = 50

/** @param rounds of 3,000 bent messages and requests and 1,000 bent files */
export async function badInput(rounds: number): Promise<Figures> {
  const part = Math.min(1, rounds / fullRounds)
  const share = Math.round(1 / part)
  const found = [
    await fuzz(rounds),
    await fuzz(Math.ceil(rounds / 5), 2),
    await naughty(share),
    await edges(),
    await fileRounds(rounds, randomInt(2 ** 30), share),
    await halfWritten(Math.ceil(1_000 * part)),
    await commandLines(Math.ceil(120 * part)),
  ]
  return {
    suite: "input",
    figures: Object.fromEntries(found.map(({ suite, figures }) => [suite, flat(figures)])),
    violations: found.flatMap(({ suite, violations }) => violations.map((violation) => `${suite}: ${violation}`)),
  }
}

function flat(figures: Figures["figures"]): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(figures).filter((pair): pair is [string, number | string] => typeof pair[1] !== "object"),
  )
}
