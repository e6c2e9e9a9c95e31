/**
 * The ground on which the world is hostile: a real gateway, healthy services that are called all the time by a principal
 * of their own, and room for services that do harm, called by another. What the gateway holds is read before and after.
 * What a fault must not do, whatever it is: judge.ts. The calls: asked.ts, neighbours.ts.
 */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer, type Pipe } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn, type Running } from "../../support/process.ts"
import { createAgent, rest } from "../../support/rest.ts"
import { ask, type Asked, type AskOptions } from "./asked.ts"
import { passingFetch } from "./passing-fetch.ts"
import { judge, type JudgeOptions, type Verdict } from "./judge.ts"
import { readMeter, type Reading } from "./meter.ts"
import { Neighbours, type Fared } from "./neighbours.ts"

export type GroundOptions = {
  /** Settings of the gateway, as arguments. */
  readonly args?: readonly string[]
  readonly callsPerSecond?: number
}

export type Limits = { readonly timeoutMs: number; readonly maxTimeMs: number }

/** Of a service that does harm: short, so that many can be tried. */
export const harmLimits: Limits = { timeoutMs: 500, maxTimeMs: 1_000 }
const health = { intervalMs: 2_000, timeoutMs: 500 }

const quietMs = 3_000
/** Connections that a stall has brought are not kept for long after it. */
const idleSoon = { KEEP_ALIVE_MS: "5000" }

export async function openGround(options: GroundOptions = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-world-"))
  const [executed, healthy] = [join(folder, "executed"), join(folder, "healthy")]
  const script = join(root, "test/faults/counting-service.ts")
  const service = await start({ args: [script, healthy], env: idleSoon, ready: /^listening / })
  const url = urlIn(service.line)
  const gateway = await startGateway({
    services: {
      modern: { url: `${url}/modern` },
      legacy: { url: `${url}/legacy` },
      piped: { command: process.execPath, args: [script, healthy, "--stdio"] },
    },
    args: options.args ?? [],
    env: { MCP_META_LOG_LEVEL: "error" },
  })
  const { callsPerSecond = 20 } = options
  const all = { tools: { allow: ["*"] } }
  const own = await createAgent(gateway, "neighbour", all)
  const neighbours = await Neighbours.start({ url: `${gateway.origin}/mcp`, key: own, callsPerSecond })
  const callers = await openCallers(gateway, await createAgent(gateway, "caller", all))
  return new Ground({ folder, executed, healthy, service, gateway, neighbours, callers })
}

type Kit = {
  readonly folder: string
  readonly executed: string
  readonly healthy: string
  readonly service: Running
  readonly gateway: TestGateway
  readonly neighbours: Neighbours
  readonly callers: Callers
}

type Callers = readonly [modern: Peer, legacy: Peer]

async function openCallers({ origin }: TestGateway, key: string): Promise<Callers> {
  const pipe = (): Pipe => httpPipe(`${origin}/mcp`, bearer(key), { fetch: passingFetch })
  return [await openPeer(pipe()), await openPeer(pipe(), { era: "legacy" })]
}

export class Ground {
  readonly gateway: TestGateway
  /** The file in which a service that does harm writes down the nonce of each call that it executes, a line each. */
  readonly executed: string
  /** A folder in which the programs keep what they have compiled: hundreds of them are started. */
  readonly compileCache: string
  readonly asked: Asked[] = []
  readonly #kit: Kit
  #before: Reading | undefined
  #quiet: Fared | undefined
  #calls = 0

  constructor(kit: Kit) {
    this.gateway = kit.gateway
    this.executed = kit.executed
    this.compileCache = join(kit.folder, "compiled")
    this.#kit = kit
  }

  /** From here on it counts: how the neighbours fare, and what the gateway holds now is what it may hold at the end. */
  async begin(): Promise<void> {
    await this.look()
    await sleep(quietMs)
    this.#quiet = await this.#kit.neighbours.begin()
    this.#before = await readMeter(this.gateway.process)
  }

  /** Puts a service there that does harm, and waits until it was listed, is down, or has had its time. */
  async add(name: string, definition: object, withinMs = 30_000): Promise<void> {
    await this.gateway.drop(name, { ...harmLimits, health, pin: "off", ...definition })
    const isSettled = async (): Promise<boolean> => {
      const { state, listedAt } = await this.status(name)
      return state === "down" || listedAt !== undefined
    }
    await eventually(`${name} is listed or down`, isSettled, withinMs).catch(() => {})
  }

  /** As the gateway sees it; `absent` where it does not know it. */
  async status(name: string): Promise<{ readonly state: string; readonly listedAt?: string }> {
    const { status, body } = await rest(this.gateway, "GET", `/services/${name}`)
    if (status !== 200) return { state: "absent" }
    return (body as { service: { state: string } }).service
  }

  /** Takes the service away again, as an operator does, and waits until it is gone. */
  async remove(name: string): Promise<void> {
    await rm(join(this.gateway.folder, "servers.d", `${name}.json`), { force: true })
    await eventually(`${name} is gone`, async () => (await this.status(name)).state === "absent", 20_000)
  }

  /** A call of a service that does harm, by a modern client and a legacy one in turn. */
  async ask(service: string, options?: AskOptions): Promise<Asked> {
    const asked = await ask(this.#kit.callers[this.#calls++ % 2 === 0 ? 0 : 1], service, options)
    this.asked.push(asked)
    return asked
  }

  /** How the neighbours fared since the last look. */
  look(): Promise<Fared> {
    return this.#kit.neighbours.look()
  }

  /** Ends the calls of the neighbours; to be asked when every harmful service is gone. @returns all that was found */
  async judge(options: JudgeOptions = {}): Promise<Verdict> {
    const { executed, healthy, neighbours, callers } = this.#kit
    const evidence = {
      gateway: this.gateway.process,
      neighbours,
      quiet: this.#quiet ?? (await this.look()),
      before: this.#before ?? (await readMeter(this.gateway.process)),
      asked: this.asked,
      strays: callers.flatMap(({ strays }) => strays),
      journals: [executed, healthy],
    }
    return judge(evidence, options)
  }

  async close(): Promise<void> {
    await this.#kit.neighbours.stop()
    for (const peer of this.#kit.callers) await peer.close().catch(() => {})
    await this.gateway.stop()
    await this.#kit.service.stop("SIGKILL")
    await rm(this.#kit.folder, { recursive: true, force: true })
  }
}
