/** Wires the doors: MCP in all its transports, and REST beside it, behind one HTTP server. */

import type { Server } from "node:http"
import { mayUse } from "../call/authorize.ts"
import { Listeners } from "../call/listeners.ts"
import { OwnWatches } from "../call/own-watches.ts"
import { toldUnder } from "../call/refusal.ts"
import { findTool } from "../call/resolve.ts"
import type { Config } from "../config.ts"
import type { Caller } from "../domain/principal.ts"
import type { Sealer } from "../domain/secrets/secret.ts"
import { listingOf } from "../domain/catalog.ts"
import { GatewayError } from "../errors.ts"
import type { Log } from "../log.ts"
import { BodyRoom } from "../mcp/server/body-room.ts"
import { StreamableHttp, type StreamableHttpOptions } from "../mcp/server/http-server.ts"
import type { SessionRecord } from "../mcp/server/http-sessions.ts"
import { toRaw } from "../mcp/raw-json.ts"
import { operations } from "../operations/index.ts"
import type { Operation } from "../operations/operation.ts"
import { allowPeers } from "../surfaces/http/http-guard.ts"
import { handOverHeaderBytes, handOverHeaders } from "../surfaces/http/hand-over-headers.ts"
import { createHttpDoor, type HttpDoorOptions } from "../surfaces/http/http.ts"
import { createMcpDoor } from "../surfaces/mcp.ts"
import { ownLimits } from "../surfaces/http/own-limits.ts"
import { Pipes } from "../surfaces/pipes.ts"
import { listenForRest } from "../surfaces/rest/rest-listener.ts"
import { createPlanPage } from "../surfaces/http/plan-page.ts"
import { createSourceOf } from "../surfaces/http/source-address.ts"
import type { TlsInUse } from "../surfaces/http/tls-in-use.ts"
import { performByCall, toolCall } from "../surfaces/tool-call.ts"
import type { Audit } from "./audit.ts"
import type { Calls } from "./calls.ts"
import type { Closers } from "./closers.ts"
import { refusing } from "./ending.ts"
import { openConnections } from "./connections.ts"
import type { ProcessOverload } from "./overload.ts"
import { recordRefusals } from "./refusals.ts"
import type { Services } from "./services.ts"
import type { Stores } from "./stores.ts"

export type Doors = { readonly http: Server; readonly pipes: Pipes }

export type Behind = Required<Pick<HttpDoorOptions, "sourceOf" | "onArrived" | "onAdmitted" | "workers">>

export type DoorsOptions = {
  readonly overload: ProcessOverload
  readonly config: Config
  readonly log: Log
  readonly version: string
  readonly tls: TlsInUse | undefined
  readonly stores: Stores
  readonly services: Services
  readonly calls: Calls
  readonly audit: Audit
  /** Where the door is behind workers, which have the public one. */
  readonly behind: Behind | undefined
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal
}

export function openDoors(options: DoorsOptions, closers: Closers): Doors {
  const { config, log, version, tls, stores, services, calls, audit, behind, stopping } = options
  const { authenticator, events, sealer } = stores
  const { shedding } = options.overload
  const own = ownLimits(config.limits)
  const room = new BodyRoom(config.limits)
  const { known, fleet } = services
  const { steps } = calls
  const serverInfo = toRaw({ name: "mcp-meta", title: "mcp-meta", version })
  const mcp = createMcpDoor({
    call: calls.call,
    steps,
    known,
    listen: {
      steps,
      known,
      fleet,
      own: new OwnWatches(events, calls.lookAt),
      listeners: new Listeners(events, stopping),
      tasks: calls.tasks,
    },
    listTtlMs: (service, kind) => fleet.listTtlMs(service, kind),
    now: Date.now,
    settled: () => fleet.settled(),
    serverInfo,
    shedding,
    onInternalError: (error, method) =>
      log.error({ err: error.cause ?? error, method }, "A request failed inside the gateway."),
  })
  const streamable = new StreamableHttp({ ...streamableOptions(config, serverInfo, sealer), room })
  const pipes = new Pipes({ mcp, serverInfo, limits: config.limits, room, own: own.pipes })
  closers.add(() => streamable.close())
  closers.add(() => pipes.close())
  const whyRefused = refusing(authenticator)
  closers.add(events.subscribe(({ type }) => type === "identity" && pipes.endRefused(whyRefused)))
  const rest = listenForRest({
    operations,
    version,
    events,
    log,
    stopping,
    bodyBytes: config.limits.bodyBytes,
    room,
    pipes: own.pipes,
    authenticate: (caller) => authenticator.authenticate(caller),
    perform: (operation, from, input, signal) => performByCall(calls.call, { operation, ...from, input }, signal),
    call: calls.call,
    onListening: (caller, assertMay) => recordListening(steps, caller, assertMay),
  })
  const onRefused = recordRefusals(calls.folding)
  const connections = behind ? undefined : openConnections({ config, shedding, onRefused }, closers)
  const planPage = createPlanPage({
    sealer,
    now: Date.now,
    perform: (name, caller, input, signal) =>
      performByCall(calls.call, { operation: getOperation(name), caller, input }, signal),
  })
  const http = createHttpDoor({
    peers: allowPeers({ hosts: [config.host, ...config.allowedHosts], origins: config.allowedOrigins }),
    limits: behind ? withHandOver(config.limits) : config.limits,
    sourceOf: createSourceOf(config.trustedProxies),
    ...(behind ?? { tls }),
    recall: (credential) => authenticator.recall(credential),
    admit: (credential) => authenticator.admit(credential),
    onRefused,
    shedding,
    requests: own.requests,
    ...(connections && { connections }),
    load: () => options.overload.report(),
    mcp,
    paramHeaders: (peer, tool, client) => {
      const { caller, mount } = peer
      const listed = listingOf(known().catalog, mount)?.byName.tools.get(tool)
      if (listed && !listed.item.paramHeaders) return undefined
      const principal = authenticator.authenticate(caller)
      const place = { ...peer, request: { client } }
      const entry = findTool(known(), principal, place, tool)
      // To be refused for a header would tell that the tool is there.
      const mayKnow = entry && mayUse(known(), principal, place, entry)
      return mayKnow ? entry.item.paramHeaders : undefined
    },
    streamable,
    pipes,
    planPage,
    rest,
    ready: () => !stopping.aborted,
    trouble: () => audit.recorder.trouble,
  })
  connections?.guard(http)
  return { http, pipes }
}

function getOperation(wanted: string): Operation {
  const operation = operations.find(({ name }) => name === wanted)
  if (operation) return operation
  throw new GatewayError("internal", `No operation ${wanted}.`)
}

function withHandOver({ headerBytes, headers, ...limits }: Config["limits"]): Config["limits"] {
  return { ...limits, headerBytes: headerBytes + handOverHeaderBytes, headers: headers + handOverHeaders }
}

/** The event stream is no call, and on record like a subscription. */
async function recordListening(steps: Calls["steps"], caller: Caller, assertMay: () => void): Promise<void> {
  const asked = toolCall({ caller, name: "", given: toRaw({}) }, new AbortController().signal)
  const request = { ...asked, request: { ...asked.request, method: "events" } }
  try {
    assertMay()
    await steps.shown(steps.authenticate(caller), request, { kind: "subscription", detail: { to: "events" } })
  } catch (thrown) {
    // The log counts what it could not take.
    throw toldUnder(thrown, await steps.refused(request, thrown).catch(() => undefined))
  }
}

function streamableOptions(
  { limits }: Config,
  serverInfo: StreamableHttpOptions["serverInfo"],
  sealer: Sealer,
): Omit<StreamableHttpOptions, "room"> {
  return {
    serverInfo,
    seal: {
      seal: (record) => sealer.seal("session", record),
      open: (id) => sealer.open("session", id) as SessionRecord | undefined,
    },
    limits: {
      maxBodyBytes: limits.bodyBytes,
      maxOpen: limits.streams,
      maxEvents: limits.streamEvents,
      maxBytes: limits.streamBytes,
      maxSessions: limits.sessions,
      maxSessionsPerPrincipal: limits.sessionsPerPrincipal,
      idleMs: limits.sessionIdleMs,
      lifetimeMs: limits.sessionLifetimeMs,
    },
  }
}
