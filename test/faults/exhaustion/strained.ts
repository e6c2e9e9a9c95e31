/** A gateway that is to be exhausted, with a service that echoes and what the system and the process tell of it. */

import { ask, subjectEnv } from "../../../bench/measure/ask-subject.ts"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { listNames, openPeer, textOf, type Peer } from "../../journeys/peer.ts"
import { startService } from "../../journeys/scripted-service.ts"
import { startGateway, type GatewayOptions, type TestGateway } from "../../support/gateway.ts"
import { createAgent } from "../../support/rest.ts"
import { descriptorsOf, residentMb } from "./process-facts.ts"

export type Strained = {
  readonly gateway: TestGateway
  readonly pid: number
  /** Of an administrator, over connections that stay open. */
  readonly admin: Peer
  readonly isAlive: boolean
  /** @returns the keys of so many agents that may use everything */
  agents(count: number): Promise<readonly string[]>
  call(): Promise<void>
  /** How long each of these calls takes, in ms, one after the other. */
  time(calls: number): Promise<readonly number[]>
  /** After a collection of garbage. */
  facts(): Promise<Facts>
  [Symbol.asyncDispose](): Promise<void>
}

export type Facts = {
  readonly rssMb: number
  readonly heapMb: number
  readonly descriptors: number
  /** Timers, sockets, and whatever else its event loop waits for. */
  readonly resources: number
}

const mib = 1_048_576

export async function openStrained(options: Omit<GatewayOptions, "services"> = {}): Promise<Strained> {
  const service = await startService({ tools: [{ name: "work" }] })
  const gateway = await startGateway({
    ...options,
    services: { strained: { url: service.url } },
    args: ["--log-level", "error", ...(options.args ?? [])],
    env: { ...subjectEnv, ...options.env },
  })
  const pid = gateway.process.child.pid ?? 0
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await eventually("all is listed", async () => (await listNames(admin)).includes("strained__work"))
  const call = async (): Promise<void> => {
    const reply = await admin.tool("strained__work")
    if (textOf(reply) !== "work") throw new Error(reply.text)
  }
  return {
    gateway,
    pid,
    admin,
    get isAlive() {
      const { exitCode, signalCode } = gateway.process.child
      return exitCode === null && signalCode === null
    },
    agents: (count) => {
      const grants = { permissions: ["observe"], tools: { allow: ["*"] } }
      return Promise.all(Array.from({ length: count }, (_, at) => createAgent(gateway, `agent-${at}`, grants)))
    },
    call,
    time: async (calls) => {
      const took: number[] = []
      for (let made = 0; made < calls; made++) {
        const fromMs = performance.now()
        await call()
        took.push(performance.now() - fromMs)
      }
      return took
    },
    facts: async () => {
      await ask(pid, "collect")
      const [{ heapBytes }, resources] = [await ask(pid, "heap"), await ask(pid, "resources")]
      const open = Object.values(resources).reduce((sum, count) => sum + count, 0)
      return {
        rssMb: residentMb(pid),
        heapMb: heapBytes / mib,
        descriptors: descriptorsOf(pid),
        resources: open,
      }
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close()
      await gateway.stop()
      await service.close()
    },
  }
}

/** @param share 0.99 for the 99th percentile */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
