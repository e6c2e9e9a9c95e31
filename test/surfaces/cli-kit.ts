/** The command line in a folder of its own, and a gateway's REST door that answers as a test says. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { GatewayError } from "../../src/errors.ts"
import { operations } from "../../src/operations/index.ts"
import type { OperationContext, RunningOperation } from "../../src/operations/operation.ts"
import { perform } from "../../src/operations/perform.ts"
import { root } from "../support/process.ts"
import { keys, startRestApp, type RestApp } from "./rest/rest-app.ts"

export type Output = Readonly<Record<string, unknown>>
type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }
type Performed = { readonly name: string; readonly input: unknown }

type Cli = {
  readonly folder: string
  readonly app: RestApp
  /** By operation; one that has none is refused as a conflict. */
  readonly answers: Map<string, Output | ((input: Output) => Output)>
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
  /** What the gateway was last asked to do. */
  last(): Performed | undefined
  close(): Promise<void>
}

export const up = {
  name: "time",
  state: "up",
  era: "modern",
  transport: "stdio",
  endpoints: [{ address: "uvx", healthy: true, breaker: "closed", inFlight: 0, waiting: 0 }],
  tags: [],
  tools: 2,
  prompts: 0,
  resources: 0,
  calls: 7,
  errors: 1,
  p50Ms: 3.4,
  p99Ms: 9,
  stale: false,
}
export const outcome = { service: up, tools: [], added: [], removed: [], warnings: [] }

export async function openCli(): Promise<Cli> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-cli-"))
  const data = join(folder, "data")
  const performed: Performed[] = []
  const answers: Cli["answers"] = new Map()
  const app = await startRestApp({
    operations,
    perform: (operation, actor, input) => {
      const run: RunningOperation["run"] = async (_context, read) => {
        performed.push({ name: operation.name, input: read })
        const answer = answers.get(operation.name)
        const output = typeof answer === "function" ? answer(read) : answer
        if (!output) throw new GatewayError("conflict", "Not now.", { next: { operation: "list_services" } })
        return output
      }
      return perform({ ...operation, permission: "services:read", run }, { actor } as OperationContext, input)
    },
  })
  await mkdir(data)
  await writeFile(join(data, "admin.key"), `${keys.observer}\n`)
  await writeFile(join(data, "gateway.json"), JSON.stringify({ url: app.url, pid: process.pid }))
  return {
    folder,
    app,
    answers,
    run: (args, env = {}) => runIn(folder, args, env),
    last: () => performed.at(-1),
    close: async () => {
      await app.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function runIn(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [join(root, "src/main.ts"), ...args], {
    cwd: folder,
    env: { PATH, HOME, ...env },
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  return { code: child.exitCode, stdout, stderr }
}
