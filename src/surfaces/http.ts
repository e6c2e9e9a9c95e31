/**
 * The HTTP door: one port for MCP in all its transports, health, and everything else that is REST. Each request is
 * guarded, then admitted unless its route is public, then handed to whoever serves the path.
 *
 * MCP stays on bare `node:http`, since it is the hot path; the rest is a Hono app (rest-listener.ts).
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { refusedFrom, type Load, type Overload } from "../domain/overload.ts"
import type { Caller } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import { refuseHttp, type StreamableHttp } from "../mcp/server/http-server.ts"
import type { ParamHeaders } from "../mcp/mcp-headers.ts"
import type { Handler } from "../mcp/message.ts"
import type { DoorConnections } from "./connections.ts"
import { belongsToOpenCalls, findRefusal, isProbe, type Asked, type EarlyRefusalOptions } from "./early-refusal.ts"
import { guardRequest, type AllowedPeers } from "./http-guard.ts"
import { createHttpListener, type ListenerOptions, type Opened } from "./http-listener.ts"
import { credentialOf, mcpPeer, pathOf, type Credential } from "./http-request.ts"
import { ownerOf, type McpPeer } from "./mcp.ts"
import type { Pipes } from "./pipes.ts"
import type { RestListener } from "./rest-listener.ts"

export type HttpDoorOptions = ListenerOptions &
  EarlyRefusalOptions & {
    readonly peers: AllowedPeers
    /** At once, whose credential it is where that is known; undefined where it must be checked. */
    readonly recall: (credential: Credential) => Caller | undefined
    /** @throws GatewayError `unauthenticated`, `invalid` */
    readonly admit: (credential: Credential) => Promise<Caller>
    readonly mcp: (peer: McpPeer) => Handler
    readonly paramHeaders: (peer: McpPeer, tool: string) => ParamHeaders | undefined
    readonly streamable: StreamableHttp
    readonly pipes: Pipes
    /**
     * The network address of who sent it. @throws GatewayError `forbidden` for who may not send here at all
     */
    readonly sourceOf?: (request: IncomingMessage) => string
    /** Told of each request before anything is answered, and of each credential that was good. */
    readonly onArrived?: (response: ServerResponse) => void
    readonly onAdmitted?: (response: ServerResponse) => void
    /** Serves the rest. */
    readonly rest: RestListener
    /** Told of what was refused before it was looked at, and waited for; the caller where that was known. */
    readonly onRefused: (address: string, thrown: unknown, caller?: Caller) => Promise<void>
    /** Of this door, where it is the public one. */
    readonly connections?: DoorConnections
    /** How the gateway bears its load, all its processes. */
    readonly load: Overload["report"]
    /** Whether calls are taken; not once the gateway is stopping. */
    readonly ready: () => boolean
    /** Why calls are refused for now, in words that are safe to show. */
    readonly trouble: () => string | undefined
    /** Of several processes that serve this door: how many are up, of how many. */
    readonly workers?: () => { readonly up: number; readonly of: number }
  }

/** Paths that answer without a credential. A path that is not here needs one, known or not. */
const publicPaths = new Set(["/health", "/liveness", "/readiness", "/openapi.json", "/docs"])
const publicPrefix = "/docs/"

export function createHttpDoor(options: HttpDoorOptions): Server {
  return createHttpListener(options, {
    request: (request, response) => serve(options, { request, response }),
    upgrade: (request, opened) => upgrade(options, request, opened),
  })
}

/** Most callers are known at once: nothing of their calls waits in a frame here. */
function serve(options: HttpDoorOptions, asked: Asked): void | Promise<void> {
  options.onArrived?.(asked.response)
  const path = pathOf(asked.request)
  refuseOneTooMany(options, asked)
  const caller = enter(options, asked.request, path)
  return caller instanceof Promise
    ? caller.then((admitted) => answer(options, admitted, asked))
    : answer(options, caller, asked)
}

/** @throws GatewayError `overloaded` for a connection that there was no room for */
function refuseOneTooMany({ connections }: HttpDoorOptions, { request, response }: Asked): void {
  const refusal = connections?.refusalOf(request)
  if (!refusal) return
  response.shouldKeepAlive = false
  if (!isProbe(request)) throw refusal
}

function answer(
  options: HttpDoorOptions,
  caller: Caller | undefined,
  { request, response }: Asked,
): void | Promise<void> {
  const path = pathOf(request)
  if (caller) options.onAdmitted?.(response)
  if (path === "/health" || path === "/liveness") return sendStatus(response, "ok")
  if (path === "/readiness") return sendReadiness(response, options)
  if (!belongsToOpenCalls(request, path)) requireReady(options)
  const peer = caller && mcpPeer(path, caller)
  const refusal = caller && findRefusal(options, { request, response }, caller, path)
  if (refusal) return refuseEarly(options, { request, response }, { caller, refusal, isMcp: peer !== undefined })
  if (peer) return options.streamable.serve(request, response, httpPeer(options, peer))
  if (caller && path === "/sse" && request.method === "GET")
    return options.pipes.openSse(response, { caller, mount: undefined })
  if (caller && path === "/messages" && request.method === "POST")
    return options.pipes.deliver(request, response, caller)
  return options.rest(request, response, caller)
}

type Refused = { readonly caller: Caller; readonly refusal: GatewayError; readonly isMcp: boolean }

async function refuseEarly(
  options: HttpDoorOptions,
  { request, response }: Asked,
  { caller, refusal, isMcp }: Refused,
): Promise<void> {
  await options.onRefused((options.sourceOf ?? addressOf)(request), refusal, caller)
  if (!isMcp) throw refusal
  refuseHttp(response, refusal)
}

async function upgrade(options: HttpDoorOptions, request: IncomingMessage, opened: Opened): Promise<void> {
  requireReady(options)
  const refusal = options.connections?.refusalOf(request)
  if (refusal) throw refusal
  const path = pathOf(request)
  const caller = await enter(options, request, path)
  const peer = caller && mcpPeer(path, caller)
  if (!peer) throw new GatewayError("not_found", "WebSockets are served on /mcp and /mcp/<service>.")
  if (!options.shedding.takes("streams", caller)) {
    const refusal = options.shedding.refusal("streams")
    return record(options, (options.sourceOf ?? addressOf)(request), refusal, caller)
  }
  await options.pipes.openWebSocket(request, opened, peer)
}

/**
 * Who may come in, and as whom; undefined on the public paths.
 *
 * @throws GatewayError `invalid`, `forbidden`, `unauthenticated`, which are on record as its address's
 */
function enter(
  options: HttpDoorOptions,
  request: IncomingMessage,
  path: string,
): Caller | undefined | Promise<Caller> {
  const source = (options.sourceOf ?? addressOf)(request)
  try {
    guardRequest(request, options.peers)
    if (publicPaths.has(path) || path.startsWith(publicPrefix)) return undefined
    const credential = credentialOf(request.headers)
    const known = options.recall(credential)
    return known ?? options.admit(credential).catch((thrown: unknown) => record(options, source, thrown))
  } catch (thrown) {
    return record(options, source, thrown)
  }
}

async function record(
  { onRefused }: HttpDoorOptions,
  source: string,
  thrown: unknown,
  caller?: Caller,
): Promise<never> {
  await onRefused(source, thrown, caller)
  throw thrown
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "unknown"
}

function requireReady({ ready }: HttpDoorOptions): void {
  if (!ready())
    throw new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
      retryAfterMs: 1_000,
    })
}

function httpPeer(
  { mcp, paramHeaders, shedding }: HttpDoorOptions,
  peer: McpPeer,
): Parameters<StreamableHttp["serve"]>[2] {
  return {
    owner: ownerOf(peer.caller),
    principal: peer.caller.principalId,
    mount: peer.mount,
    handle: mcp(peer),
    paramHeaders: (tool) => paramHeaders(peer, tool),
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
