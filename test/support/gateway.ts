/** A real gateway for a test: its own process, folders and port. */

import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CanaryWatch } from "./canaries.ts"
import { root, start, urlIn, type Running, type StartOptions } from "./process.ts"

export type TestGateway = {
  /** Of the endpoint of all services. */
  readonly url: string
  readonly origin: string
  readonly key: string
  readonly folder: string
  readonly process: Running
  /** Writes a service's file, as a user would drop it. */
  drop(name: string, definition: unknown): Promise<void>
  /** Kills it the hard way and starts it again on the same folders and port. */
  restart(signal?: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

export type GatewayOptions = {
  readonly services?: Readonly<Record<string, unknown>>
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** A program that runs Node, with its arguments. */
  readonly under?: readonly string[]
  /** How long it may take until it listens. */
  readonly deadlineMs?: number
  /** Where canaries are kept, and what becomes of them: canaries.ts. */
  readonly canaries?: string | undefined
}

export async function startGateway({
  services = {},
  args = [],
  env = {},
  nodeArgs = [],
  under = [],
  deadlineMs = 60_000,
  canaries = process.env["MCP_META_TESTS_CANARIES"],
}: GatewayOptions = {}): Promise<TestGateway> {
  const watch = canaries === undefined ? undefined : new CanaryWatch(canaries)
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-"))
  await mkdir(join(folder, "servers.d"))
  const drop = (name: string, definition: unknown): Promise<void> =>
    writeFile(join(folder, "servers.d", `${name}.json`), JSON.stringify(watch?.dress(definition) ?? definition), {
      mode: 0o600,
    })
  await watch?.putSecrets(folder)
  for (const [name, definition] of Object.entries(services)) await drop(name, definition)
  const how = { args, env: { ...watch?.env, ...env }, nodeArgs, under, deadlineMs, transcript: watch?.transcript }
  let running = await launch(folder, "0", how)
  const { port } = new URL(urlIn(running.line))
  const url = (await watch?.front(urlIn(running.line))) ?? urlIn(running.line)
  const { origin } = new URL(url)
  return {
    url,
    origin,
    folder,
    key: (await readFile(join(folder, "data", "admin.key"), "utf8")).trim(),
    get process() {
      return running
    },
    drop,
    restart: async (signal = "SIGKILL") => {
      await running.stop(signal)
      running = await launch(folder, port, how)
    },
    stop: async () => {
      await watch?.look(running.child.pid ?? 0, folder)
      await running.stop()
      await watch?.keep(folder)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Launching = Required<Omit<GatewayOptions, "services" | "canaries">> & Pick<StartOptions, "transcript">

function launch(folder: string, port: string, { args, nodeArgs, under, ...how }: Launching): Promise<Running> {
  const folders = ["--data", join(folder, "data"), "--servers", join(folder, "servers.d")]
  const [command, ...before] = [...under, process.execPath]
  return start({
    ...(command !== undefined && { command }),
    args: [...before, ...nodeArgs, join(root, "bin/mcp-meta.mjs"), "serve", "--port", port, ...folders, ...args],
    ...how,
    cwd: folder,
    ready: /^mcp-meta listening on /,
  })
}
