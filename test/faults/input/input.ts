/**
 * Bad input at length: what a grammar makes and bends (fuzz-*.ts), the strings that trip programs up (naughty.ts), and
 * the edges of every limit (edges/). Each is thrown at a gateway of its own, and all must leave it as it was.
 */

import { randomInt } from "node:crypto"
import type { Figures } from "../figures.ts"
import { mcpInputs } from "./fuzz-mcp.ts"
import { restInputs } from "./fuzz-rest.ts"
import { openGround, type Ground } from "./ground.ts"
import { Probe, type Tally } from "./probe.ts"
import { RawPipe } from "./raw-pipe.ts"
import { beginSession } from "./valid-calls.ts"

/** Inputs of one draw: so many are made before they are thrown, and each draw has sessions of its own. */
const drawn = 3_000
const restShare = 0.2

/** @param rounds of 3,000 inputs */
export async function fuzz(rounds: number, seed: number = randomInt(2 ** 30)): Promise<Figures> {
  const ground = await openGround()
  try {
    const probe = await Probe.open(ground)
    for (let round = 0; round < rounds; round++) await fuzzOnce(ground, probe, seed + round)
    return figuresOf(`fuzz with seed ${seed}`, await probe.close())
  } finally {
    await ground.close()
  }
}

async function fuzzOnce(ground: Ground, probe: Probe, seed: number): Promise<void> {
  const pipe = new RawPipe(ground.port)
  const sessions = await Promise.all(
    Array.from({ length: 6 }, () => beginSession(ground, new RawPipe(ground.port))),
  )
  pipe.reset()
  const { fields } = ground
  await probe.throwAll([...mcpInputs({ fields, sessions }, seed, drawn * (1 - restShare))])
  await probe.throwAll([...restInputs(fields, seed, drawn * restShare)])
}

export function figuresOf(suite: string, tally: Tally): Figures {
  const { inputs, valid, failed5xx, over1s, worstMs, facts, violations } = tally
  return {
    suite,
    figures: {
      inputs,
      "answered 5xx": failed5xx,
      "over 1 s": over1s,
      "slowest, ms": worstMs,
      "worst stall of the event loop, ms": facts.stallMs,
      "next valid calls that worked": `${valid.worked}/${valid.made}`,
    },
    violations:
      facts.stallMs < 200 ? violations : [...violations, `The event loop stood still for ${facts.stallMs} ms.`],
  }
}
