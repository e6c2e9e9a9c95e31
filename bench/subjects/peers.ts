/**
 * Other gateways that npm has, pinned in bench/peers and installed there when first asked for; none of their install
 * scripts runs. Each is given one service, as a program on a pipe, which all of them take, and is called in the way it
 * answers fastest.
 */

import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { start } from "../../test/support/process.ts"
import { subjectEnv } from "../measure/ask-subject.ts"
import { legacyCall, modernCall, openSession, type Call } from "../measure/request.ts"
import type { Under } from "../measure/subject.ts"
import type { Upstream } from "./upstream.ts"
import { freePort } from "./yardsticks.ts"

export type Peer = Under & {
  readonly name: string
  /** What a caller gets less than from a governed call. */
  readonly less: string
  readonly call: Call
  [Symbol.asyncDispose](): Promise<void>
}

const folder = join(import.meta.dirname, "../peers")
const binary = (name: string): string => join(folder, "node_modules/.bin", name)
const run = promisify(execFile)

export async function installPeers(): Promise<void> {
  const isInstalled = await readFile(join(folder, "node_modules/.package-lock.json")).then(
    () => true,
    () => false,
  )
  if (isInstalled) return
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, timeout: 300_000 })
}

/** Without events kept for clients that reconnect, as it does by default, it is faster: it is measured so. */
export async function startMcpProxy({ command, argsOf }: Upstream): Promise<Peer> {
  const port = await freePort()
  const flags = ["--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--no-eventStore"]
  const process = await start({
    args: [binary("mcp-proxy"), ...flags, "--", command, ...argsOf({ era: "legacy" })],
    env: subjectEnv,
    ready: /starting server/,
  })
  const url = `http://127.0.0.1:${port}/mcp`
  return peer("mcp-proxy", "no key, policy, quota or record; one service", process, () =>
    Promise.resolve(modernCall({ url, tool: "echo" })),
  )
}

/** Stateless, it starts a child for each request and does not come through; so a session is opened first. */
export async function startSupergateway({ command, argsOf }: Upstream): Promise<Peer> {
  const port = await freePort()
  const stdio = [command, ...argsOf({ era: "legacy" }).map((arg) => `'${arg}'`)].join(" ")
  const flags = ["--outputTransport", "streamableHttp", "--stateful", "--port", String(port)]
  const process = await start({
    args: [binary("supergateway"), "--stdio", stdio, ...flags],
    env: subjectEnv,
    ready: /Listening on port/,
  })
  const url = `http://127.0.0.1:${port}/mcp`
  return peer(
    "supergateway",
    "no key, policy, quota or record; one service, a child per session",
    process,
    async () => legacyCall({ url, tool: "echo" }, await openSession(url)),
  )
}

/** Its REST route is faster than its MCP endpoint, which answers on a stream of events beside the request. */
export async function startMcpHub({ command, argsOf }: Upstream): Promise<Peer> {
  const [home, port] = [await mkdtemp(join(tmpdir(), "mcp-hub-")), await freePort()]
  const config = join(home, "hub.json")
  await writeFile(config, JSON.stringify({ mcpServers: { bench: { command, args: argsOf({ era: "legacy" }) } } }))
  const process = await start({
    args: [binary("mcp-hub"), "--port", String(port), "--config", config],
    env: { ...subjectEnv, HOME: home, XDG_STATE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
    ready: /servers started successfully/,
  })
  const body = JSON.stringify({ server_name: "bench", tool: "echo", arguments: { text: "hhhhh", times: 3 } })
  const url = `http://127.0.0.1:${port}/api/servers/tools`
  const made = await peer(
    "mcp-hub, by REST",
    "no key, policy, quota or record; a REST route instead of MCP",
    process,
    () => Promise.resolve({ url, headers: { "content-type": "application/json" }, body }),
  )
  const stop = made[Symbol.asyncDispose]
  return {
    ...made,
    [Symbol.asyncDispose]: async () => {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function peer(
  name: string,
  less: string,
  process: Awaited<ReturnType<typeof start>>,
  open: () => Promise<Call>,
): Promise<Peer> {
  const stop = async (): Promise<void> => void (await process.stop())
  try {
    await settled()
    return { name, less, process, saysDelay: true, call: await open(), [Symbol.asyncDispose]: stop }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** Some say that they listen before they do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_000))
}
