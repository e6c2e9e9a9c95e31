/**
 * The ground on which the world is hostile: a real gateway, healthy services that are called all the time by a principal
 * of their own, and room for services that do harm, called by another. What the gateway holds is read before and after.
 * What a fault must not do, whatever it is: judge.ts. The calls: asked.ts, neighbours.ts.
 */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn, type Running } from "../../support/process.ts"
import { createAgent, rest } from "../../support/rest.ts"
import { ClientJournal } from "../client-journal.ts"
import { ask, type Asked, type AskOptions } from "./asked.ts"
import { judge, type Verdict } from "./judge.ts"
import { readMeter, type Reading } from "./meter.ts"
import { healthyTools, startNeighbours, type Latencies, type Neighbours } from "./neighbours.ts"

export type GroundOptions = {
  /** Settings of the gateway, as arguments. */
  readonly args?: readonly string[]
  readonly callsPerSecond?: number
  /** How late, after its deadline, a caller may hear. */
  readonly graceMs?: number
}

/** Of a service that does harm: short, so that many can be tried. */
export const harmLimits = { timeoutMs: 500, maxTimeMs: 1_000, health: { intervalMs: 2_000, timeoutMs: 500 } }

const quietMs = 1_500

export async function openGround(options: GroundOptions = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-world-"))
  const [executed, healthy] = [join(folder, "executed"), join(folder, "healthy")]
  const script = join(root, "test/faults/counting-service.ts")
  const service = await start({ args: [script, healthy], ready: /^listening / })
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
  const kit = { folder, executed, healthy, service, gateway }
  const ground = new Ground(kit, await openPeers(gateway), options)
  await ground.begin()
  return ground
}

type Kit = {
  readonly folder: string
  readonly executed: string
  readonly healthy: string
  readonly service: Running
  readonly gateway: TestGateway
}

/** Each with its own principal, but the two callers. */
type Peers = { readonly neighbour: Peer; readonly callers: readonly [modern: Peer, legacy: Peer] }

async function openPeers(gateway: TestGateway): Promise<Peers> {
  const pipe = (key: string): ReturnType<typeof httpPipe> => httpPipe(`${gateway.origin}/mcp`, bearer(key))
  const all = { tools: { allow: ["*"] } }
  const [own, other] = [await createAgent(gateway, "neighbour", all), await createAgent(gateway, "caller", all)]
  return {
    neighbour: await openPeer(pipe(own)),
    callers: [await openPeer(pipe(other)), await openPeer(pipe(other), { era: "legacy" })],
  }
}

export class Ground {
  readonly gateway: TestGateway
  /** The file in which a service that does harm writes down the nonce of each call that it executes, a line each. */
  readonly executed: string
  readonly asked: Asked[] = []
  readonly #kit: Kit
  readonly #peers: Peers
  readonly #options: GroundOptions
  readonly #healthy = new ClientJournal()
  #neighbours: Neighbours | undefined
  #before: Reading | undefined
  #calls = 0

  constructor(kit: Kit, peers: Peers, options: GroundOptions) {
    this.gateway = kit.gateway
    this.executed = kit.executed
    this.#kit = kit
    this.#peers = peers
    this.#options = options
  }

  /** The calls of the neighbour begin; once they are served steadily, what the gateway holds is noted. */
  async begin(): Promise<void> {
    const { callsPerSecond = 20 } = this.#options
    for (const tool of healthyTools) {
      const served = async (): Promise<boolean> =>
        (await this.#healthy.call(this.#peers.neighbour, tool)).fate?.kind === "answered"
      await eventually(`${tool} is served`, served)
    }
    this.#neighbours = startNeighbours(this.#peers.neighbour, this.#healthy, callsPerSecond)
    await new Promise((resolve) => setTimeout(resolve, quietMs))
    this.#before = await readMeter(this.gateway.process)
  }

  /** Puts a service there that does harm, and waits until it was listed, is down, or has had its time. */
  async add(name: string, definition: object, withinMs = 10_000): Promise<void> {
    await this.gateway.drop(name, { ...harmLimits, ...definition })
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
    const asked = await ask(this.#peers.callers[this.#calls++ % 2 === 0 ? 0 : 1], service, options)
    this.asked.push(asked)
    return asked
  }

  /** How the neighbour fared since the last look. */
  look(): Latencies {
    if (!this.#neighbours || !this.#before) throw new Error("The ground was not begun.")
    return this.#neighbours.look()
  }

  /** Ends the calls, when every harmful service is gone. @returns what was found on the whole */
  async judge(): Promise<Verdict> {
    if (!this.#neighbours || !this.#before) throw new Error("The ground was not begun.")
    return judge({
      gateway: this.gateway.process,
      neighbours: this.#neighbours,
      before: this.#before,
      asked: this.asked,
      strays: [this.#peers.neighbour, ...this.#peers.callers].flatMap(({ strays }) => strays),
      journals: { executed: this.executed, healthy: this.#kit.healthy },
    })
  }

  async close(): Promise<void> {
    await this.#neighbours?.stop()
    for (const peer of [this.#peers.neighbour, ...this.#peers.callers]) await peer.close().catch(() => {})
    await this.gateway.stop()
    await this.#kit.service.stop("SIGKILL")
    await rm(this.#kit.folder, { recursive: true, force: true })
  }
}
