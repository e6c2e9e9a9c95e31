/**
 * The composition root: opens what the gateway stands on, wires it, starts it, and closes it in reverse order. It
 * knows everything and decides nothing.
 */

import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { authorize } from "./call/authorize.ts"
import { createBridge } from "./call/bridge.ts"
import { call, type CallRequest, type Steps } from "./call/call.ts"
import { resolve, type Known } from "./call/resolve.ts"
import { route } from "./call/route.ts"
import { viewOf } from "./call/view.ts"
import { requireSafeListening, type Config } from "./config.ts"
import { childEnvironment, createLookup } from "./config/secrets.ts"
import { compileCatalog, listingOf } from "./domain/catalog.ts"
import type { Caller } from "./domain/principal.ts"
import type { Sealer } from "./domain/secret.ts"
import { GatewayError } from "./errors.ts"
import { PidLedger } from "./fleet/pid-ledger.ts"
import { createFleet } from "./fleet/registry.ts"
import { openServersFolder } from "./fleet/servers-d.ts"
import { createAuthenticator } from "./identity/authenticator.ts"
import { ensureAdmin } from "./identity/first-start.ts"
import { keyMaker } from "./identity/api-key.ts"
import { passwords } from "./identity/password.ts"
import { openSealer } from "./identity/sealer.ts"
import type { Log } from "./log.ts"
import type { SessionRecord, SessionSeal } from "./mcp/http-sessions.ts"
import { StreamableHttp } from "./mcp/http-server.ts"
import { toRaw } from "./mcp/raw-json.ts"
import { openStdioChannel } from "./mcp/stdio-channel.ts"
import { operations } from "./operations/index.ts"
import { perform, type Operation, type OperationContext, type Performed } from "./operations/operation.ts"
import { jsonKeys } from "./stores/json/keys.ts"
import { jsonPrincipals } from "./stores/json/principals.ts"
import { openStateFile } from "./stores/json/state-file.ts"
import { createMemoryEvents } from "./stores/memory/events.ts"
import { createHttpDoor } from "./surfaces/http.ts"
import { allowPeers } from "./surfaces/http-guard.ts"
import { managementTools, readArguments, toToolResult } from "./surfaces/management-tools.ts"
import { createMcpDoor } from "./surfaces/mcp.ts"
import { Pipes } from "./surfaces/pipes.ts"
import { createRest } from "./surfaces/rest.ts"

export type GatewayOptions = {
  readonly config: Config
  readonly log: Log
  readonly version: string
}

export type Gateway = {
  /** The administrator's key, on the first start only. */
  readonly adminKey: string | undefined
  /** Listens for HTTP until closed. @returns the URL of the endpoint of all services */
  listen(): Promise<{ readonly url: string }>
  /** Serves the client at our own stdin and stdout, on behalf of the key's principal, until it leaves. */
  serveStdio(): Promise<void>
  /** Looks at the folder of services now. */
  rescan(): Promise<void>
  /** Takes no more calls, lets open ones finish in their time, and leaves nothing running. */
  close(): Promise<void>
}

/** What has been opened, to be closed in reverse order. */
type Closer = () => Promise<void> | void

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const closers: Closer[] = []
  try {
    return await open(options, closers)
  } catch (thrown) {
    await closeAll(closers, options.log)
    throw thrown
  }
}

async function open({ config, log, version }: GatewayOptions, closers: Closer[]): Promise<Gateway> {
  await mkdir(config.data, { recursive: true, mode: 0o700 })
  const serverInfo = toRaw({ name: "mcp-meta", title: "mcp-meta", version })
  const state = await openStateFile(config.data)
  closers.push(() => state.close())
  const [principals, keys, sealer] = [jsonPrincipals(state), jsonKeys(state), await openSealer(config.data)]
  const adminKey = await ensureAdmin({ principals, keys, dataDir: config.data, nowMs: Date.now() })
  const authenticator = await createAuthenticator({ principals, keys, now: Date.now })
  closers.push(() => authenticator.close())

  const events = createMemoryEvents()
  closers.push(
    principals.watch(() => events.publish({ type: "identity" })),
    keys.watch(() => events.publish({ type: "identity" })),
  )
  const files = await openServersFolder(config.servers)
  closers.push(() => files.close())
  const ledger = new PidLedger(join(config.data, "children.json"))
  for (const name of ledger.reap()) log.warn({ service: name }, "ended a child that a gateway before had left running")

  const fleet = createFleet({
    files,
    ledger,
    log,
    version,
    dataDir: config.data,
    limits: config.limits,
    health: config.health,
    baseEnv: childEnvironment(),
    childFolder: join(config.servers, ".."),
    lookup: createLookup(config.data),
    now: Date.now,
    random: Math.random,
    onChange: (what, service) => changed(what, service),
  })
  let known: Known = { catalog: compileCatalog([]), managementTools: managementTools(operations) }
  const changed: Parameters<typeof createFleet>[0]["onChange"] = (what, service) => {
    if (what === "catalog") known = { ...known, catalog: compileCatalog(fleet.offers()) }
    if (what === "service") events.publish({ type: "service", service, state: stateOf(service) })
    else events.publish({ type: what })
  }
  const stateOf = (service: string): string => fleet.status().find(({ name }) => name === service)?.state ?? "removed"

  const stopping = new AbortController()
  const contextOf = (actor: OperationContext["actor"], signal: AbortSignal): OperationContext => ({
    actor,
    fleet,
    services: files,
    principals,
    keys,
    keyMaker,
    passwords,
    events,
    callableTools: () => viewOf(known, actor, undefined, "tools").entries,
    nowMs: Date.now(),
    newId: randomUUID,
    signal,
  })
  const performAs = (operation: Operation, caller: Caller, input: unknown, signal: AbortSignal): Promise<Performed> =>
    perform(operation, contextOf(authenticator.authenticate(caller), signal), input)
  const byName = new Map(operations.map((operation) => [operation.name, operation]))
  const bridge = createBridge(sealer, Date.now)
  const steps: Steps = {
    authenticate: (caller) => authenticator.authenticate(caller),
    resolve: (principal, request) => resolve(known, principal, request),
    authorize,
    route: (principal, target, request) => route(routing, principal, target, request),
  }
  const routing: Parameters<typeof route>[0] = {
    fleet,
    bridge,
    perform: async ({ name }, principal, { request, exchange }) => {
      const operation = byName.get(name)
      if (!operation) throw new GatewayError("internal", `No operation ${name}.`)
      const input = readArguments(request.params.get("arguments"))
      return toToolResult(await perform(operation, contextOf(principal, exchange.signal), input))
    },
  }
  const open: { calls: number } = { calls: 0 }
  const counted: Steps = { ...steps, route: (...args) => countWhile(open, () => steps.route(...args)) }
  const mcp = createMcpDoor({
    steps: counted,
    known: () => known,
    listen: { steps, known: () => known, fleet, events, stopping: stopping.signal },
    settled: () => fleet.settled(),
    serverInfo,
    onInternalError: (error, method) => log.error({ err: error.cause ?? error, method }, "a request failed inside the gateway"),
  })

  const streamable = new StreamableHttp({ serverInfo, seal: sessionSeal(sealer), limits: sessionLimits(config) })
  const pipes = new Pipes({ mcp, serverInfo, limits: config.limits })
  closers.push(() => streamable.close(), () => pipes.close())
  const rest = createRest({
    operations,
    version,
    bodyBytes: config.limits.bodyBytes,
    events,
    log,
    stopping: stopping.signal,
    authenticate: (caller) => authenticator.authenticate(caller),
    perform: performAs,
    call: (request: CallRequest) => call(counted, request),
  })
  const door = createHttpDoor({
    peers: allowPeers({ hosts: [config.host, ...config.allowedHosts], origins: config.allowedOrigins }),
    limits: config.limits,
    ...(await readTls(config)),
    admit: (credential) => authenticator.admit(credential),
    mcp,
    paramHeaders: ({ mount }, tool) => listingOf(known.catalog, mount)?.byName.tools.get(tool)?.item.paramHeaders,
    streamable,
    pipes,
    rest,
    ready: () => !stopping.signal.aborted,
  })

  await fleet.start()
  closers.push(() => fleet.stop(config.limits.drainMs))
  closers.push(() => {
    stopping.abort()
    return drained(open, config.limits.drainMs)
  })

  return {
    adminKey,
    listen: async () => {
      requireSafeListening(config)
      const url = await listen(door, config)
      closers.push(() => stopListening(door, stopping))
      await writeFile(addressFile(config), JSON.stringify({ url, pid: process.pid }), { mode: 0o600 })
      closers.push(() => rm(addressFile(config), { force: true }))
      return { url: `${url}/mcp` }
    },
    serveStdio: async () => {
      const key = config.key ?? (await readFile(join(config.data, "admin.key"), "utf8")).trim()
      const caller = await authenticator.admit({ apiKey: key })
      const channel = openStdioChannel({ input: process.stdin, output: process.stdout, maxMessageBytes: config.limits.bodyBytes })
      await pipes.serve(channel, { caller, mount: undefined })
    },
    rescan: () => files.rescan(),
    close: () => closeAll(closers, log),
  }
}

async function countWhile<T>(open: { calls: number }, run: () => Promise<T>): Promise<T> {
  open.calls += 1
  try {
    return await run()
  } finally {
    open.calls -= 1
  }
}

/** Waits until no call is open, or until their time is over. */
async function drained(open: { readonly calls: number }, graceMs: number): Promise<void> {
  const deadlineMs = Date.now() + graceMs
  while (open.calls > 0 && Date.now() < deadlineMs) await new Promise((resume) => setTimeout(resume, 20))
}

async function closeAll(closers: Closer[], log: Log): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    await Promise.resolve(close()).catch((err: unknown) => log.error({ err }, "something did not close"))
  }
}

function sessionSeal(sealer: Sealer): SessionSeal {
  return {
    seal: (record) => sealer.seal("session", record),
    open: (id) => sealer.open("session", id) as SessionRecord | undefined,
  }
}

function sessionLimits({ limits }: Config): ConstructorParameters<typeof StreamableHttp>[0]["limits"] {
  return {
    maxBodyBytes: limits.bodyBytes,
    maxEvents: limits.streamEvents,
    maxBytes: limits.streamBytes,
    maxSessions: limits.sessions,
    idleMs: limits.sessionIdleMs,
    lifetimeMs: limits.sessionLifetimeMs,
  }
}

async function readTls({ tls }: Config): Promise<{ readonly tls?: { readonly cert: Buffer; readonly key: Buffer } }> {
  if (tls.cert === undefined || tls.key === undefined) return {}
  return { tls: { cert: await readFile(tls.cert), key: await readFile(tls.key) } }
}

async function listen(door: Server, { host, port, tls }: Config): Promise<string> {
  door.listen(port, host)
  await once(door, "listening").catch((cause: unknown) => {
    throw new GatewayError("conflict", `Cannot listen on ${host}:${port}; is something else there? Choose another with --port.`, { cause })
  })
  const { port: bound } = door.address() as AddressInfo
  return `${tls.cert === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${bound}`
}

/** New connections are refused at once; those that are idle end, the others when they have their answer. */
async function stopListening(door: Server, stopping: AbortController): Promise<void> {
  stopping.abort()
  door.close()
  door.closeIdleConnections()
}

function addressFile({ data }: Config): string {
  return join(data, "gateway.json")
}
