/**
 * What must hold whatever one service does: the gateway is the one that was started and says nothing of a fault of its
 * own, the neighbours were all served, nothing was executed twice, no answer went to another call, no caller was left
 * without a word, and what the gateway holds is soon what it held before.
 */

import type { Running } from "../../support/process.ts"
import { readJournal } from "../service-journal.ts"
import type { Asked } from "./asked.ts"
import { complaintsOf, settle, type Reading } from "./meter.ts"
import type { Fared, Neighbours } from "./neighbours.ts"

type Evidence = {
  readonly gateway: Running
  readonly neighbours: Neighbours
  /** How they fared while nobody did harm. */
  readonly quiet: Fared
  readonly before: Reading
  readonly asked: readonly Asked[]
  /** Answers that came to nobody's question. */
  readonly strays: readonly string[]
  /** Files with a line for each execution. */
  readonly journals: readonly string[]
}

export type JudgeOptions = {
  /** What the process may hold more than before, over a tenth. A short run has warmed up less. */
  readonly slackMb?: number
  readonly withinMs?: number
}

export type Verdict = {
  readonly calls: number
  readonly complaints: number
  readonly executedTwice: number
  readonly mistaken: number
  readonly neverTold: number
  readonly quiet: Fared
  readonly neighbours: Fared
  readonly before: Reading
  readonly after: Reading
  readonly backAfterMs: number
  readonly violations: readonly string[]
}

export async function judge(evidence: Evidence, options: JudgeOptions): Promise<Verdict> {
  const { gateway, quiet, before, asked, strays, journals } = evidence
  const { after, tookMs, violations: held } = await settle(gateway, before, options)
  const neighbours = await evidence.neighbours.stop()
  const twice = (await Promise.all(journals.map(doublesIn))).flat()
  const complaints = complaintsOf(gateway)
  const mistaken = asked.filter(({ fate }) => fate.kind === "mistaken")
  const neverTold = asked.filter(({ fate }) => fate.kind === "nothing")
  return {
    calls: asked.length,
    complaints: complaints.length,
    executedTwice: twice.length,
    mistaken: mistaken.length + strays.length,
    neverTold: neverTold.length,
    quiet,
    neighbours,
    before,
    after,
    backAfterMs: tookMs,
    violations: [
      ...complaints,
      ...held,
      ...neighbours.failures.map((failure) => `A neighbour suffered: ${failure}`),
      ...twice.map((nonce) => `${nonce} was executed twice.`),
      ...mistaken.map(({ service, fate }) => `${service}: a caller got ${JSON.stringify(fate)}.`),
      ...neverTold.map(({ service, tookMs: waited }) => `${service}: no word within ${Math.round(waited)} ms.`),
      ...strays.map((text) => `An answer to nothing that was asked: ${text.slice(0, 200)}`),
    ],
  }
}

async function doublesIn(journal: string): Promise<readonly string[]> {
  const counts = Map.groupBy(await readJournal(journal), (line) => line)
  return [...counts].filter(([, lines]) => lines.length > 1).map(([line]) => line)
}
