/**
 * The composition root: opens what the gateway stands on, wires it, starts it, and closes it in reverse order. It
 * knows everything and decides nothing. Its parts: gateway/.
 */

import { once } from "node:events"
import { access, constants, readFile, rename, rm, writeFile } from "node:fs/promises"
import type { Server as HttpServer } from "node:http"
import type { Server } from "node:net"
import { join } from "node:path"
import { createTaskIds, type TaskRecord } from "./call/tasks/task-ids.ts"
import type { Config } from "./config.ts"
import { makeFolder, temporarySuffix } from "./durable-file.ts"
import type { EntryRecorder } from "./domain/audit/log.ts"
import type { Load } from "./domain/overload.ts"
import { GatewayError } from "./errors.ts"
import { createMachine } from "./fleet/machine.ts"
import { openAudit } from "./gateway/audit.ts"
import { wireCalls } from "./gateway/calls.ts"
import { Closers } from "./gateway/closers.ts"
import { openDoors } from "./gateway/doors.ts"
import { growForCalls } from "./gateway/heap-growth.ts"
import { openHistory } from "./gateway/history.ts"
import { openLimiter } from "./gateway/limiter.ts"
import { OwnIssues } from "./gateway/own-issues.ts"
import { ProcessOverload } from "./gateway/overload.ts"
import { takePort } from "./gateway/port.ts"
import { keepPlansSwept } from "./gateway/plans.ts"
import { followPolicies } from "./gateway/policies.ts"
import { openServices } from "./gateway/services.ts"
import { openStores } from "./gateway/stores.ts"
import { followTaints, openTaints } from "./gateway/taints.ts"
import { openTls } from "./gateway/tls.ts"
import { openCrew } from "./gateway/workers/owner/wiring.ts"
import type { Log } from "./log.ts"
import { openStdioChannel } from "./mcp/channels/stdio-channel.ts"

export type GatewayOptions = {
  readonly config: Config
  readonly log: Log
  readonly version: string
  /** Of a test: failpoint.ts. */
  readonly failpoint?: string | undefined
  /** The module that is a worker's program; without it there are none, whatever the configuration says. */
  readonly worker?: URL
  /** Of a bench, in place of the audit log's own. */
  readonly recorder?: EntryRecorder
}

export type Gateway = {
  /** The administrator's key, on the first start only. */
  readonly adminKey: string | undefined
  /** Listens for HTTP until closed. @returns the URL of the endpoint of all services */
  listen(): Promise<{ readonly url: string }>
  /** Serves the client at our own stdin and stdout, on behalf of the key's principal, until it leaves. */
  serveStdio(): Promise<void>
  /** Looks at the files of TLS and the folder of services now, and puts new workers in the place of those there are. */
  reload(): Promise<void>
  /** Takes no more calls, lets open ones finish in their time, and leaves nothing running. */
  close(): Promise<void>
}

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const closers = new Closers(options.log)
  try {
    return await open(options, closers)
  } catch (thrown) {
    await closers.close()
    throw thrown
  }
}

async function open(options: GatewayOptions, closers: Closers): Promise<Gateway> {
  const { config, log, version } = options
  await makeDataFolder(config)
  const issues = new OwnIssues()
  const tls = await openTls({ ...options, issues }, closers)
  const stopping = new AbortController()
  const stores = await openStores(config, closers)
  const { events } = stores
  issues.follow(() => events.publish({ type: "issues" }))
  const machine = createMachine(config)
  const { recorder } = options
  const audit = { ...(await openAudit({ ...options, events, machine }, closers)), ...(recorder && { recorder }) }
  const taskIds = createTaskIds(stores.sealer, "task")
  const openTaskId = (id: string): TaskRecord | undefined => taskIds.open(id)
  const policies = await followPolicies(stores, closers)
  const services = await openServices({ config, machine, log, version, events, openTaskId, policies }, closers)
  const { usage } = audit
  const tainting = { config, files: services.files, principals: stores.principals, usage }
  const taints = await openTaints(tainting, closers)
  const history = await openHistory({ config, log, stores, files: services.files }, closers)
  const limiter = followTaints(await openLimiter({ config, log, stores, usage }, closers), taints)
  const onReport = ({ level }: Load): void => events.publish({ type: "load", level })
  const overload = new ProcessOverload({ config, log, authenticator: stores.authenticator, onReport }, closers)
  let { publicUrl } = config
  const opening = { config, machine, stores, services, audit, history, limiter, taints, overload, issues }
  const wiring = { ...opening, stopping: stopping.signal, publicUrl: () => publicUrl }
  const calls = wireCalls(wiring, closers)
  keepPlansSwept(stores, closers)
  growForCalls(config.workers > 1 ? undefined : calls.made, closers)
  let flushed: (() => Promise<void>) | undefined
  closers.add(() => flushed?.())
  const opened = { ...wiring, log, version, tls: tls?.inUse, calls }
  const crew = await openCrew({ ...opened, program: options.worker }, closers)
  const doors = openDoors({ ...opened, behind: crew?.behind }, closers)
  closers.add(async () => {
    const { drainMs } = config.limits
    await Promise.all([calls.drained(drainMs), crew?.drained(drainMs)])
  })
  closers.add(() => stopping.abort())
  return {
    adminKey: stores.adminKey,
    listen: async () => {
      const server = crew ? await crew.open(doors.http) : doors.http
      closers.add(() => {
        if (crew) crew.stopListening()
        else flushed = stopListening(doors.http)
      })
      const origin = await listen(server, config)
      publicUrl ??= origin
      await announce(origin, config, closers)
      return { url: `${origin}/mcp` }
    },
    serveStdio: async () => {
      const caller = await stores.authenticator.admit({ apiKey: await ownKey(config) })
      const { bodyBytes: maxMessageBytes } = config.limits
      const channel = openStdioChannel({
        input: process.stdin,
        output: process.stdout,
        maxMessageBytes,
        outlivesInput: true,
      })
      await doors.pipes.serve(channel, { caller, mount: undefined })
    },
    reload: async () => {
      await tls?.reload()
      await services.files.rescan()
      await crew?.roll()
    },
    close: () => closers.close(),
  }
}

async function makeDataFolder({ data }: Config): Promise<void> {
  const { R_OK, W_OK, X_OK } = constants
  await makeFolder(data).catch(refusing(data, "made", "choose another with --data"))
  const remedy = "give the gateway's user the right to, or choose another with --data"
  await access(data, R_OK | W_OK | X_OK).catch(refusing(data, "read and written", remedy))
}

function refusing(data: string, what: string, remedy: string): (cause: unknown) => never {
  return (cause) => {
    const why = (cause as NodeJS.ErrnoException).code ?? "unknown"
    throw new GatewayError("invalid", `The data folder ${data} cannot be ${what} (${why}); ${remedy}.`, { cause })
  }
}

async function listen(server: Server, { host, port, tls }: Config): Promise<string> {
  const bound = await takePort(server, { host, port })
  return `${tls.cert === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${bound}`
}

/** How long answers may take on their way once all are given. */
const flushMs = 2_000

/**
 * New connections are refused at once, idle ones end; the others end with their answers.
 * @returns waits until the last answer is out, at most {@link flushMs}
 */
function stopListening(http: HttpServer): () => Promise<void> {
  const closed = once(http, "close")
  http.close()
  const sweep = setInterval(() => http.closeIdleConnections(), 20)
  return async () => {
    const late = setTimeout(() => http.closeAllConnections(), flushMs)
    await closed
    clearTimeout(late)
    clearInterval(sweep)
  }
}

/** Tells commands on this machine where the gateway listens. */
async function announce(url: string, { data }: Config, closers: Closers): Promise<void> {
  const path = join(data, "gateway.json")
  const temporary = `${path}${temporarySuffix}`
  closers.add(() => rm(path, { force: true }))
  try {
    await writeFile(temporary, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 })
    await rename(temporary, path)
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? "unknown"
    const what = `gateway.json in the data folder cannot be written (${why})`
    throw new GatewayError("invalid", `${what}; remove what stands in its place, or make room on the disk.`, {
      cause,
    })
  }
}

/**
 * Serves the client at our own stdin and stdout by the gateway that runs on this data folder already.
 *
 * @returns false where none does
 */
export async function joinGateway(config: Config): Promise<boolean> {
  const { joinRunning } = await import("./gateway/join.ts")
  const { cli, data, limits } = config
  return joinRunning({ data, key: () => ownKey(config), maxMessageBytes: limits.bodyBytes, cli })
}

/** @throws GatewayError `unauthenticated` where no key is set and the administrator's is gone */
async function ownKey({ key, data }: Config): Promise<string> {
  if (key !== undefined) return key
  const kept = await readFile(join(data, "admin.key"), "utf8").catch((cause: unknown) => {
    throw new GatewayError("unauthenticated", `There is no key in ${data}; set MCP_META_KEY.`, { cause })
  })
  return kept.trim()
}
