/** A service that does harm, from its start to the last of its processes: service/main.ts, put behind the gateway. */

import { join } from "node:path"
import { root, start, urlIn } from "../../support/process.ts"
import type { Case } from "./cases.ts"
import { harmLimits, type Ground, type Limits } from "./ground.ts"
import type { Kind } from "./service/kind.ts"
import { groupOf } from "./leftovers.ts"

export type Harmful = {
  /** By which the gateway knows it. */
  readonly name: string
  readonly limits: Limits
  /** Takes it away. @returns a sentence for each process of it that is still there */
  remove(): Promise<readonly string[]>
}

const script = join(root, "test/faults/world/service/main.ts")
/** How long it may take until its tools are known, and where it does all it can against that. */
const readyMs = 10_000
const vainMs = 2_000
/** Of a service that answers some calls as it should, or all: also where the machine is slow. */
const mixedLimits: Limits = { timeoutMs: 1_500, maxTimeMs: 3_000 }
const patientLimits: Limits = { timeoutMs: 10_000, maxTimeMs: 20_000 }
let made = 0

export async function addHarmful(ground: Ground, played: Case, floodShare: number): Promise<Harmful> {
  const name = `w${++made}`
  const words = [script, played.name, played.transport, played.era, ground.executed]
  const env = { FLOOD: String(floodShare), NODE_COMPILE_CACHE: ground.compileCache }
  const isVain = [played.kind.gets, played.kind.later ?? []].every((all) => all.every((one) => one === "unknown"))
  const limits = limitsFor(played.kind)
  const own = join(ground.gateway.folder, `${name}.own`)
  const add = (definition: object): Promise<void> =>
    ground.add(name, { ...limits, ...definition }, isVain ? vainMs : readyMs)
  if (played.transport === "stdio") {
    const args = [...words, own]
    await add({ command: process.execPath, args, env })
    const group = await groupOf(args)
    return { name, limits, remove: () => ground.remove(name).then(() => group.left()) }
  }
  const running = await start({ args: [...words, own], env, ready: /^listening/ })
  const url = played.transport === "unix" ? `unix://${own}:/mcp` : urlIn(running.line)
  await add({ url, ...(played.transport === "sse" && { type: "sse" }) })
  const remove = async (): Promise<readonly string[]> => {
    await ground.remove(name)
    await running.stop("SIGKILL")
    return []
  }
  return { name, limits, remove }
}

function limitsFor({ gets, later = gets }: Kind): Limits {
  const sure = [gets, later].filter((outcomes) => outcomes.every((outcome) => outcome === "answered")).length
  return [harmLimits, mixedLimits, patientLimits][sure] ?? harmLimits
}
