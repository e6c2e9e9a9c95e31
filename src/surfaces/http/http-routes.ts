/**
 * Every route of the HTTP door, and who may come to it. What has no entry here is REST's (rest.ts), for callers with a
 * credential alone. The door is served from this table and from nothing else: http.ts.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import { refusedFrom, type Load } from "../../domain/overload.ts"
import type { Caller } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { publicPages } from "../rest/docs.ts"
import { mcpPeer, pathOf, type Opened } from "./http-request.ts"
import type { HttpDoorOptions } from "./http.ts"
import { ownerOf, type McpPeer } from "../mcp.ts"

export type Arrived = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The network address that it comes from. */
  readonly source: string
  /** Undefined where anyone may come. */
  readonly caller: Caller | undefined
}

export type Route = {
  /** As its requests name it; `:service` stands for any name of one. */
  readonly path: string
  /** All of them where there is none: who serves it refuses what it does not know. */
  readonly methods?: readonly string[]
  /** `callers` have shown a credential that is good. */
  readonly access: "anyone" | "callers"
  /** Also while the gateway stops. */
  readonly toTheEnd?: true
  readonly serve: (options: HttpDoorOptions, arrived: Arrived) => void | Promise<void>
  readonly upgrade?: (
    options: HttpDoorOptions,
    arrived: Omit<Arrived, "response">,
    opened: Opened,
  ) => Promise<void>
}

const reading = ["GET", "HEAD"] as const
const ofMcp = { access: "callers", serve: serveMcp, upgrade: openWebSocket } as const
const ofHealth = { methods: reading, access: "anyone", toTheEnd: true } as const

export const doorRoutes: readonly Route[] = [
  { path: "/mcp", ...ofMcp },
  { path: "/mcp/:service", ...ofMcp },
  { path: "/sse", methods: ["GET"], access: "callers", serve: openSse },
  // Also to answer what a service asks in a call that is open still.
  { path: "/messages", methods: ["POST"], access: "callers", toTheEnd: true, serve: deliver },
  { path: "/health", ...ofHealth, serve: (_, { response }) => sendStatus(response, "ok") },
  { path: "/liveness", ...ofHealth, serve: (_, { response }) => sendStatus(response, "ok") },
  { path: "/readiness", ...ofHealth, serve: (options, { response }) => sendReadiness(response, options) },
  // An empty form for anyone; what it is sent must bring a credential.
  { path: "/plans/:id", methods: [...reading, "POST"], access: "anyone", serve: servePlan },
  ...publicPages.map((path): Route => ({ path, methods: reading, access: "anyone", serve: serveRest })),
]

const elsewhere: Route = { path: "/*", access: "callers", serve: serveRest }
const byPath = new Map(doorRoutes.map((route) => [route.path, route]))
const ofOneService = byPath.get("/mcp/:service") ?? elsewhere
const ofOnePlan = byPath.get("/plans/:id") ?? elsewhere

export function findRoute(request: IncomingMessage): Route {
  const path = pathOf(request)
  const found = byPath.get(path) ?? (path.startsWith("/mcp/") ? ofOneService : ofPlan(path))
  return found.methods && !found.methods.includes(request.method ?? "") ? elsewhere : found
}

function ofPlan(path: string): Route {
  return /^\/plans\/[A-Za-z0-9-]{1,64}$/.test(path) ? ofOnePlan : elsewhere
}

function servePlan(options: HttpDoorOptions, { request, response }: Arrived): Promise<void> {
  const { admit, onRefused, sourceOf, planPage } = options
  return planPage(request, response, (credential) =>
    admit(credential).catch(async (thrown: unknown) => {
      throw await onRefused(sourceOf(request), thrown)
    }),
  )
}

function serveMcp(options: HttpDoorOptions, arrived: Arrived): void | Promise<void> {
  const { request, response, source } = arrived
  const peer = mcpPeer(pathOf(request), callerOf(arrived), source)
  return peer ? options.streamable.serve(request, response, httpPeer(options, peer)) : serveRest(options, arrived)
}

async function openWebSocket(
  { pipes }: HttpDoorOptions,
  { request, source, caller }: Omit<Arrived, "response">,
  opened: Opened,
): Promise<void> {
  const peer = mcpPeer(pathOf(request), callerOf({ caller }), source)
  if (!peer) throw noWebSocket()
  await pipes.openWebSocket(request, opened, peer)
}

export function noWebSocket(): GatewayError {
  return new GatewayError("not_found", "WebSockets are served on /mcp and /mcp/<service>.")
}

function openSse({ pipes }: HttpDoorOptions, arrived: Arrived): Promise<void> {
  return pipes.openSse(arrived.response, { caller: callerOf(arrived), mount: undefined, source: arrived.source })
}

function deliver({ pipes }: HttpDoorOptions, arrived: Arrived): Promise<void> {
  return pipes.deliver(arrived.request, arrived.response, { caller: callerOf(arrived), source: arrived.source })
}

function serveRest({ rest }: HttpDoorOptions, { request, response, source, caller }: Arrived): Promise<void> {
  return rest(request, response, { caller, source })
}

/** @throws GatewayError `unauthenticated`, should a route be opened by mistake */
function callerOf({ caller }: Pick<Arrived, "caller">): Caller {
  if (caller) return caller
  throw new GatewayError("unauthenticated", "A credential is needed.")
}

function httpPeer(
  { mcp, paramHeaders, shedding }: HttpDoorOptions,
  peer: McpPeer,
): Parameters<HttpDoorOptions["streamable"]["serve"]>[2] {
  return {
    owner: ownerOf(peer.caller),
    principal: peer.caller.principalId,
    mount: peer.mount,
    handle: mcp(peer),
    paramHeaders: (tool, client) => paramHeaders(peer, tool, client),
    ...(shedding.level > 0 && { assertMayBegin: () => shedding.assertTakes("sessions", peer.caller) }),
  }
}

function sendReadiness(response: ServerResponse, { ready, trouble, load, workers }: HttpDoorOptions): void {
  const { level, reason: short, shed } = load()
  const reason = ready() ? (trouble() ?? overloadOf(level, short)) : "The gateway is stopping."
  const isShedding = level > 0 || Object.values(shed).some((count) => count > 0)
  const facts = {
    ...(reason !== undefined && { reason }),
    ...(isShedding && { load: { level, shed } }),
    ...(workers && { workers: workers() }),
  }
  sendStatus(response, reason === undefined ? "ready" : "not ready", facts)
}

/** One that refuses only what is new to it can still be sent calls. */
function overloadOf(level: Load["level"], reason = ""): string | undefined {
  return level >= refusedFrom.calls ? `The gateway is overloaded: ${reason}.` : undefined
}

function sendStatus(response: ServerResponse, status: "ok" | "ready" | "not ready", facts: object = {}): void {
  const body = JSON.stringify({ status, ...facts })
  response
    .writeHead(status === "not ready" ? 503 : 200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    })
    .end(body)
}
