/**
 * What the faults suites do things to: a real gateway in a folder of its own, that can be killed and started again
 * under other conditions; behind it a service of both eras over HTTP, and one over stdio, that keep a journal; before it
 * a modern and a legacy client. What must hold afterwards: check() asks the three journals, the proof and the sums.
 */

import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bearer, httpPipe, type HttpPipe } from "../journeys/http-pipe.ts"
import { startLoad, type Load } from "../journeys/load.ts"
import { listNames, openPeer, type Peer } from "../journeys/peer.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { ClientJournal, type Asked } from "./client-journal.ts"
import { violationsOf } from "./invariants.ts"
import { readEntries } from "./log-entries.ts"
import { damageIn } from "./proof.ts"
import { readJournal } from "./service-journal.ts"
import { usageDifferences } from "./usage-sums.ts"

/** How this start of the gateway differs from others. */
export type Conditions = {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** It is killed where it takes longer. */
  readonly readyWithinMs?: number
}

type Clients = { readonly modern: Peer; readonly legacy: Peer }

const cost = { "*": { perCallUsd: 0.000_1, perByteUsd: 0.000_001 } }

/** Each tool with the client that calls it: every era on either side, and both transports of services. */
const ways = [
  ["modern", "modern__count"],
  ["modern", "legacy__count"],
  ["modern", "piped__count"],
  ["legacy", "modern__count"],
  ["legacy", "legacy__count"],
  ["legacy", "piped__count"],
] as const

type RigOptions = {
  /** The longest that the services work on a call. */
  readonly workMs?: number
}

export async function openRig({ workMs = 4 }: RigOptions = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-faults-"))
  const [data, servers] = [join(folder, "data"), join(folder, "servers.d")]
  const journal = join(folder, "journal")
  await mkdir(join(data, "audit"), { recursive: true, mode: 0o700 })
  await mkdir(servers)
  const script = join(root, "test/faults/counting-service.ts")
  const service = await start({ args: [script, journal, "--http", String(workMs)], ready: /^listening / })
  const url = urlIn(service.line)
  const definitions = {
    modern: { url: `${url}/modern`, tools: { cost } },
    legacy: { url: `${url}/legacy`, tools: { cost } },
    piped: { command: process.execPath, args: [script, journal, "--stdio", String(workMs)], tools: { cost } },
  }
  for (const [name, definition] of Object.entries(definitions))
    await writeFile(join(servers, `${name}.json`), JSON.stringify(definition), { mode: 0o600 })
  return new Rig({ folder, data, servers, journal, service })
}

type Ground = {
  readonly folder: string
  readonly data: string
  readonly servers: string
  readonly journal: string
  readonly service: Running
}

export class Rig {
  readonly calls = new ClientJournal()
  readonly #ground: Ground
  #gateway: Running | undefined
  #origin: string | undefined
  #clients: Clients | undefined
  #made = 0

  constructor(ground: Ground) {
    this.#ground = ground
  }

  get data(): string {
    return this.#ground.data
  }

  /** The folder of services. */
  get servers(): string {
    return this.#ground.servers
  }

  get origin(): string {
    return this.#origin ?? ""
  }

  get pid(): number {
    return this.#gateway?.child.pid ?? 0
  }

  /** Of the administrator; good for any start, since the port stays. */
  get clients(): Clients {
    if (!this.#clients) throw new Error("The gateway was never ready.")
    return this.#clients
  }

  get isAlive(): boolean {
    const child = this.#gateway?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Starts the gateway on the folders it had before. @throws Error when it ends before it is ready */
  async start({ args = [], env = {}, readyWithinMs = 60_000 }: Conditions = {}): Promise<void> {
    const { folder, data, servers } = this.#ground
    const port = this.#origin === undefined ? "0" : new URL(this.#origin).port
    const command = [join(root, "bin/mcp-meta.mjs"), "serve", "--port", port, "--data", data, "--servers", servers]
    this.#gateway = await start({
      args: [...command, ...args],
      env: { MCP_META_LOG_LEVEL: "error", ...env },
      cwd: folder,
      ready: /^mcp-meta listening on /,
      deadlineMs: readyWithinMs,
    })
    this.#origin = new URL(urlIn(this.#gateway.line)).origin
    this.#clients ??= await this.#openClients()
  }

  /** Ends the gateway by a signal, or waits for one that ends by itself. @returns its exit code */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    return (await this.#gateway?.stop(signal)) ?? null
  }

  /** A modern client of a new agent that may call everything. */
  async agent(name: string): Promise<Peer> {
    const key = await createAgent({ origin: this.origin, key: await this.key() }, name, {
      tools: { allow: ["*"] },
    })
    return openPeer(this.#pipe(key))
  }

  /** One call, by one client and service after the other. */
  call(): Promise<Asked> {
    const [era, tool] = ways[this.#made++ % ways.length] ?? ways[0]
    return this.calls.call(this.clients[era], tool)
  }

  load(callsPerSecond: number): Load {
    return startLoad(callsPerSecond, async () => void (await this.call()))
  }

  seen(): Promise<readonly string[]> {
    return readJournal(this.#ground.journal)
  }

  /** To be asked while the gateway runs and no call is open. @returns a sentence for each violation */
  async check(): Promise<readonly string[]> {
    const [damage, seen] = await Promise.all([damageIn(this.data), this.seen()])
    const entries = readEntries(this.data)
    const differences = await usageDifferences(this.clients.modern, entries)
    return [...violationsOf({ asked: this.calls.asked, seen, entries }), ...damage, ...differences]
  }

  /** @returns what `mcp-meta verify` finds, whether the gateway runs or not */
  damage(): Promise<readonly string[]> {
    return damageIn(this.data)
  }

  /** The same of a gateway that is not running, without the sums that only it can tell. */
  async checkStopped(): Promise<readonly string[]> {
    const [damage, seen] = await Promise.all([damageIn(this.data), this.seen()])
    return [...violationsOf({ asked: this.calls.asked, seen, entries: readEntries(this.data) }), ...damage]
  }

  stderr(): string {
    return this.#gateway?.stderr() ?? ""
  }

  async close(): Promise<void> {
    await this.#clients?.modern.close()
    await this.#clients?.legacy.close()
    await this.stop("SIGKILL")
    await this.#ground.service.stop("SIGKILL")
    await rm(this.#ground.folder, { recursive: true, force: true })
  }

  async #openClients(): Promise<Clients> {
    const key = await this.key()
    const [modern, legacy] = [openPeer(this.#pipe(key)), openPeer(this.#pipe(key), { era: "legacy" })]
    await listNames(await modern)
    return { modern: await modern, legacy: await legacy }
  }

  /** Of the administrator. */
  async key(): Promise<string> {
    return (await readFile(join(this.data, "admin.key"), "utf8")).trim()
  }

  #pipe(key: string): HttpPipe {
    return httpPipe(`${this.origin}/mcp`, bearer(key))
  }
}
