/**
 * `npm run faults -- [--rounds N] [NAME ...]`: the faults suites at length, each on real gateways of its own. Prints
 * what each found; exit 1 where anything was violated. `npm test` runs them briefly.
 */

import { parseArgs } from "node:util"
import { allJumps, clockJumps } from "./clock/jumps.ts"
import { escalation } from "./escalation/escalation.ts"
import { exhaustion } from "./exhaustion/exhaustion.ts"
import { failpointRuns } from "./audit/failpoints.ts"
import { printFigures, type Figures } from "./figures.ts"
import { badInput } from "./input/at-length.ts"
import { killRounds } from "./audit/kill.ts"
import { lifecycleSuite } from "./lifecycle/lifecycle.ts"
import { powerOrder } from "./audit/power.ts"
import { quotaRounds } from "./quotas/quotas.ts"
import { secretsEverywhere } from "./secrets/secrets.ts"
import { badNetwork } from "./network/network.ts"
import { slowHttp } from "./slowhttp/slowhttp.ts"
import { silentNames } from "./names/names.ts"
import { soak } from "./exhaustion/soak.ts"
import { operationKills } from "./stores/operation-kill.ts"
import { stateKills } from "./stores/state-kill.ts"
import { storesSuite } from "./stores/stores.ts"
import { unwritableWays } from "./audit/unwritable.ts"
import { policyReplay } from "../policy/at-length.ts"
import { worldFaults } from "./world/world.ts"

/** Each with its rounds where none are asked for. */
const suites: Readonly<Record<string, (rounds: number | undefined) => Promise<Figures>>> = {
  kill: (rounds = 200) => killRounds(rounds),
  failpoints: (rounds = 20) => failpointRuns(rounds),
  unwritable: () => unwritableWays(),
  power: (rounds = 500) => powerOrder(rounds),
  quotas: (rounds = 100) => quotaRounds(rounds),
  secrets: () => secretsEverywhere(),
  network: (rounds = 1) => badNetwork("at length", rounds),
  state: (rounds = 500) => stateKills(rounds),
  operations: (rounds = 50) => operationKills(rounds),
  stores: () => storesSuite(),
  world: () => worldFaults("at length"),
  lifecycle: (rounds = 20) => lifecycleSuite(rounds),
  clock: () => clockJumps(allJumps),
  escalation: () => escalation({ cliShare: 1 }),
  input: (rounds = 50) => badInput(rounds),
  exhaustion: (rounds = 10) => exhaustion({ streams: 10_000, abandoned: 100_000, rounds, seconds: 6 * rounds }),
  slowhttp: (connections = 400) => slowHttp({ connections, seconds: 25 }),
  names: () => silentNames(),
  policy: (rounds = 100_000) => policyReplay(rounds),
  soak: () => soak(minutes),
}

const options = { rounds: { type: "string" }, minutes: { type: "string", default: "30" } } as const
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const minutes = Number(values.minutes)
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const chosen = positionals.length > 0 ? positionals : Object.keys(suites)
const unknown = chosen.find((name) => !Object.hasOwn(suites, name))
if (
  unknown !== undefined ||
  !(minutes > 0) ||
  (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
) {
  console.error(`Usage: npm run faults -- [--rounds N] [--minutes N] [${Object.keys(suites).join(" | ")} ...]`)
  process.exit(2)
}
for (const name of chosen) {
  const figures = await suites[name]?.(rounds)
  if (!figures) continue
  printFigures(figures)
  if (figures.violations.length > 0) process.exitCode = 1
}
