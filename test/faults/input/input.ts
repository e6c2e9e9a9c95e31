/**
 * Bad input, thrown at real gateways that must stay as they were: what a grammar makes and bends (fuzz-*.ts), the
 * strings that trip programs up (naughty.ts), and the edges of everything (edges/). Files of services: files/.
 */

import { randomInt } from "node:crypto"
import type { Figures } from "../figures.ts"
import { bodies } from "./edges/bodies.ts"
import type { Door } from "./edges/edge.ts"
import { envelopes } from "./edges/envelopes.ts"
import { jsonForms } from "./edges/json-forms.ts"
import { mismatches } from "./edges/mismatches.ts"
import { numbers } from "./edges/numbers.ts"
import { prototypes } from "./edges/prototypes.ts"
import { websocketEdges } from "./edges/websockets.ts"
import { mcpInputs } from "./fuzz-mcp.ts"
import { restInputs } from "./fuzz-rest.ts"
import { openGround, type Ground } from "./ground.ts"
import { naughtyInputs } from "./naughty.ts"
import { Probe, type Tally } from "./probe.ts"
import { RawPipe } from "./raw-pipe.ts"
import { beginSession } from "./valid-calls.ts"

/** Inputs of one round: so many are made before they are thrown, and each round has sessions of its own. */
const inputsPerRound = 3_000
const restShare = 0.2
const maxStallMs = 200

/**
 * Every violation tells the seed: INPUT_SEED makes the same inputs again.
 *
 * @param workers of the gateway. With several it is their owner that is watched from inside.
 */
export async function fuzz(rounds: number, workers = 1): Promise<Figures> {
  const seed = Number(process.env["INPUT_SEED"] ?? randomInt(2 ** 30))
  const suite = workers === 1 ? "input-fuzz" : "input-fuzz-workers"
  const args = ["--workers", String(workers)]
  const found = await thrown({ suite, args }, async (ground, probe) => {
    for (let round = 0; round < rounds; round++) await fuzzOnce(ground, probe, seed + round)
    return []
  })
  return { ...found, violations: found.violations.map((violation) => `INPUT_SEED=${seed} ${violation}`) }
}

async function fuzzOnce({ port, fields }: Ground, probe: Probe, seed: number): Promise<void> {
  const sessions = []
  const pipe = new RawPipe(port)
  for (let begun = 0; begun < 6; begun++) sessions.push(await beginSession({ fields }, pipe))
  pipe.reset()
  await probe.throwAll([...mcpInputs({ fields, sessions }, seed, inputsPerRound * (1 - restShare))])
  await probe.throwAll([...restInputs(fields, seed, inputsPerRound * restShare)])
}

/** @param share 1 for every string in every place, 3 for every third of these */
export function naughty(share: number): Promise<Figures> {
  return thrown({ suite: "input-strings" }, async ({ fields }, probe) => {
    await probe.throwAll(naughtyInputs(fields, share))
    return []
  })
}

export function edges(): Promise<Figures> {
  return thrown({ suite: "input-edges" }, async (ground, probe) => {
    const pipe = new RawPipe(ground.port)
    const door: Door = { fields: ground.fields, session: await beginSession(ground, pipe) }
    pipe.reset()
    for (const make of [jsonForms, envelopes, mismatches, numbers, prototypes]) await probe.throwAll(make(door))
    await probe.throwEach([...bodies(door)])
    return websocketEdges(ground)
  })
}

type Thrown = (ground: Ground, probe: Probe) => Promise<readonly string[]>

type Throwing = { readonly suite: string; readonly args?: readonly string[] }

async function thrown({ suite, args }: Throwing, run: Thrown): Promise<Figures> {
  const ground = await openGround(args)
  try {
    const probe = await Probe.open(ground)
    const violations = await run(ground, probe)
    const tally = await probe.close()
    return figuresOf(suite, { ...tally, violations: [...violations, ...tally.violations] })
  } finally {
    await ground.close()
  }
}

function figuresOf(suite: string, { inputs, valid, facts, violations, ...worst }: Tally): Figures {
  const stood = `The event loop stood still for ${facts.stallMs} ms.`
  return {
    suite,
    figures: {
      inputs,
      "answered 5xx": worst.failed5xx,
      "over 1 s": worst.over1s,
      "slowest, ms": worst.worstMs,
      "worst stall of the event loop, ms of work": facts.stallMs,
      "the same by a clock, which a busy machine stops, ms": facts.gapMs,
      "next valid calls that worked": `${valid.worked}/${valid.made}`,
    },
    violations: facts.stallMs < maxStallMs ? violations : [...violations, stood],
  }
}
