/**
 * Quotas under a crowd: of 1,000 calls at once exactly as many pass as a quota allows, by each algorithm; of quotas that
 * overlap none counts what another refuses; and a gateway that was killed in the middle still knows what was used.
 */

import { setTimeout as sleep } from "node:timers/promises"
import type { Peer } from "../../journeys/peer.ts"
import type { Figures } from "../figures.ts"
import { byTrace, readEntries } from "../log-entries.ts"
import {
  agentName,
  algorithms,
  allowed,
  answeredOf,
  callAtOnce,
  callInTurn,
  crowd,
  otherwise,
  removeQuotas,
  setQuotas,
  tool,
  usedOf,
} from "./quota-round.ts"
import { openRig, type Rig } from "../rig.ts"

/** What a round found: how many calls passed, and a sentence for each violation. */
type Round = { readonly passed: number; readonly violations: readonly string[] }
type Rounds = { readonly rounds: number; readonly passed: string; readonly violations: number }

/** More than is left, so that it shows what is. */
const rest = 2 * allowed
/** One call in each ms, so that the kill finds some of the allowed ones begun and others not. */
const latestKillMs = 80

export async function quotaRounds(rounds: number): Promise<Figures> {
  const rig = await openRig()
  try {
    await rig.start()
    const agent = await rig.agent(agentName)
    const figures: Record<string, Rounds> = {}
    const violations: string[] = []
    const play = async (name: string, round: () => Promise<Round>): Promise<void> => {
      const played: Round[] = []
      for (let made = 0; made < rounds; made += 1) played.push(await round())
      const found = played.flatMap((each) => each.violations)
      figures[name] = { rounds, passed: range(played.map(({ passed }) => passed)), violations: found.length }
      violations.push(...found.map((violation) => `${name}: ${violation}`))
    }
    for (const algorithm of algorithms) await play(algorithm, () => crowdRound(rig, agent, algorithm))
    await play("three that overlap", () => overlappingRound(rig, agent))
    for (const algorithm of algorithms)
      await play(`${algorithm}, killed in the middle`, () => killedRound(rig, agent, algorithm))
    violations.push(...(await rig.check()))
    return { suite: `${crowd} calls at once against a quota of ${allowed}`, figures, violations }
  } finally {
    await rig.close()
  }
}

async function crowdRound(rig: Rig, agent: Peer, algorithm: string): Promise<Round> {
  const ids = await setQuotas(rig, [{ target: `tool:${tool}`, limit: allowed, algorithm }])
  const asked = await callAtOnce(rig, agent, crowd)
  await removeQuotas(rig, ids)
  const [passed, strays] = [answeredOf(asked), otherwise(asked)]
  return {
    passed,
    violations: [
      ...(passed === allowed ? [] : [`${passed} passed in place of ${allowed}`]),
      ...(strays.length === 0 ? [] : [`${strays.length} ended otherwise: ${JSON.stringify(strays[0]?.fate)}`]),
    ],
  }
}

/** The tightest decides; what it refuses must not be counted by the others. */
async function overlappingRound(rig: Rig, agent: Peer): Promise<Round> {
  const ids = await setQuotas(rig, [
    { target: `tool:${tool}`, limit: allowed, algorithm: "sliding_window" },
    { target: "service:modern", limit: 60, algorithm: "fixed_window" },
    { target: "everything", limit: 45, algorithm: "token_bucket" },
  ])
  const passed = answeredOf(await callAtOnce(rig, agent, crowd))
  const used = [await usedOf(rig, ids)]
  const later = answeredOf(await callAtOnce(rig, agent, rest))
  used.push(await usedOf(rig, ids))
  await removeQuotas(rig, ids)
  const leaks = used.filter((counts) => counts.some((count) => count !== allowed))
  return {
    passed,
    violations: [
      ...(passed === allowed && later === 0 ? [] : [`${passed} and ${later} passed in place of ${allowed} and 0`]),
      ...leaks.map((counts) => `they count ${counts.join(", ")} in place of ${allowed} each`),
    ],
  }
}

/** What was on record as begun is used; everything else is left, to the last call. */
async function killedRound(rig: Rig, agent: Peer, algorithm: string): Promise<Round> {
  const [id = ""] = await setQuotas(rig, [{ target: `tool:${tool}`, limit: allowed, algorithm }])
  const calls = callInTurn(rig, agent, crowd)
  await sleep(Math.random() * latestKillMs)
  await rig.stop("SIGKILL")
  const before = await calls
  await rig.start()
  const starts = byTrace(readEntries(rig.data), "start")
  const begun = before.filter(({ traceId }) => starts.has(traceId)).length
  const after = answeredOf(await callAtOnce(rig, agent, rest))
  await removeQuotas(rig, [id])
  const answered = answeredOf(before)
  return {
    passed: begun,
    violations: [
      ...(begun <= allowed && answered <= begun ? [] : [`${begun} were begun and ${answered} answered`]),
      ...(after === allowed - begun ? [] : [`${begun} were begun, and then ${after} passed`]),
    ],
  }
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least === most ? String(least) : `${least} to ${most}`
}
