/**
 * A bad network on either side of the gateway: each fault of faults.ts over each transport, before services
 * (service-side.ts) and before clients (client-side.ts), while the neighbours are called. What must hold: summary.ts.
 */

import { join } from "node:path"
import { root, start, urlIn } from "../../support/process.ts"
import { createAgent } from "../../support/rest.ts"
import type { Figures } from "../figures.ts"
import { openGround, type Ground } from "../world/ground.ts"
import { spoilClient } from "./client-side.ts"
import { networkFaults, type NetworkFault } from "./faults.ts"
import { callsAtOnce, type Injected } from "./inject.ts"
import { deadlineMs, soundAt, spoilService, transports, type Transport } from "./service-side.ts"
import { summary } from "./summary.ts"

type Case = { readonly fault: NetworkFault; readonly transport: Transport; readonly side: "service" | "client" }

const allCases: readonly Case[] = networkFaults.flatMap((fault) =>
  transports.flatMap((transport) => (["service", "client"] as const).map((side) => ({ fault, transport, side }))),
)
/** Each fault once over one transport to a service, and once over another from a client. */
const sampleCases = allCases.filter(
  ({ fault, transport, side }) =>
    transports.indexOf(transport) ===
    (networkFaults.indexOf(fault) + (side === "client" ? 1 : 0)) % transports.length,
)

/** In the brief run a busy machine is no fault, and a process that has warmed up less grows more. */
const lengths = {
  brief: { cases: sampleCases, warmUp: sampleCases.slice(0, 8), atOnce: 8, graceMs: 2_000, slackMb: 150 },
  "at length": { cases: allCases, warmUp: [...allCases, ...allCases], atOnce: 4, graceMs: 250, slackMb: 0 },
}

export async function badNetwork(length: keyof typeof lengths, rounds = 1): Promise<Figures> {
  const { cases, warmUp, atOnce, graceMs, slackMb } = lengths[length]
  const ground = await openGround()
  const script = join(root, "test/faults/network/noting-service.ts")
  const service = await start({ args: [script, ground.executed], ready: /^listening / })
  const target = Number(new URL(urlIn(service.line)).port)
  try {
    await ground.add("sound", soundAt("modern", target))
    const key = await createAgent(ground.gateway, "spoilt", { tools: { allow: ["*"] } })
    const spoil = (each: Case): Promise<Injected> => spoilOne(ground, each, { target, key })
    await spoilAll(warmUp, atOnce, spoil)
    // Connections that stand for as many calls as there will be at once stay open for a minute.
    await Promise.all(Array.from({ length: atOnce * callsAtOnce }, () => ground.ask("sound")))
    await ground.begin()
    const injected = await spoilAll(Array.from({ length: rounds }, () => cases).flat(), atOnce, spoil)
    const verdict = await ground.judge({ slackMb })
    return summary({ injected, verdict, withinMs: deadlineMs + graceMs })
  } finally {
    await service.stop("SIGKILL")
    await ground.close()
  }
}

type Ends = { readonly target: number; readonly key: string }

function spoilOne(ground: Ground, { fault, transport, side }: Case, { target, key }: Ends): Promise<Injected> {
  if (side === "service") return spoilService(ground, { fault, transport, target })
  return spoilClient(ground, { fault, transport, key, service: "sound" })
}

async function spoilAll(
  cases: readonly Case[],
  atOnce: number,
  spoil: (each: Case) => Promise<Injected>,
): Promise<readonly Injected[]> {
  const left = [...cases]
  const injected: Injected[] = []
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) injected.push(await spoil(next))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return injected
}
