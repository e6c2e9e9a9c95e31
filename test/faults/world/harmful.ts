/** A service that does harm, from its start to the last of its processes: service/main.ts, put behind the gateway. */

import { join } from "node:path"
import { root, start, urlIn } from "../../support/process.ts"
import type { Case } from "./cases.ts"
import { harmLimits, type Ground, type Limits } from "./ground.ts"
import type { Kind } from "./service/kind.ts"
import { groupOf } from "./leftovers.ts"
import type { Transport } from "./service/mouth.ts"

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
  const { name: kindName, kind, transport, era } = played
  const name = `w${++made}`
  const own = join(ground.gateway.folder, `${name}.own`)
  const args = [script, kindName, transport, era, ground.executed, own]
  const env = { FLOOD: String(floodShare), NODE_COMPILE_CACHE: ground.compileCache }
  const isVain = [kind.gets, kind.later ?? []].every((outcomes) => outcomes.every((one) => one === "unknown"))
  const limits = limitsFor(kind)
  const add = (address: object): Promise<void> =>
    ground.add(name, { ...limits, ...address }, isVain ? vainMs : readyMs)
  const removeAnd = async (end: () => Promise<readonly string[]>): Promise<readonly string[]> => {
    const stuck = await ground.remove(name).then(none, (thrown: unknown) => [String(thrown)])
    return [...stuck, ...(await end())]
  }
  if (transport === "stdio") {
    await add({ command: process.execPath, args, env })
    const group = await groupOf(args)
    return { name, limits, remove: () => removeAnd(() => group.left()) }
  }
  const running = await start({ args, env, ready: /^listening/ })
  await add(addressOf(transport, transport === "unix" ? own : urlIn(running.line)))
  return { name, limits, remove: () => removeAnd(() => running.stop("SIGKILL").then(none)) }
}

function none(): readonly string[] {
  return []
}

function addressOf(transport: Transport, at: string): object {
  if (transport === "unix") return { url: `unix://${at}:/mcp` }
  return { url: at, ...(transport === "sse" && { type: "sse" }) }
}

function limitsFor({ gets, later = gets }: Kind): Limits {
  const sure = [gets, later].filter((outcomes) => outcomes.every((outcome) => outcome === "answered")).length
  return [harmLimits, mixedLimits, patientLimits][sure] ?? harmLimits
}
