/**
 * The HTTP door: one port for MCP in all its transports, health, and everything else that is REST. Each request is
 * guarded, then admitted unless its route is public, then handed to whoever serves the path.
 *
 * MCP stays on bare `node:http`, since it is the hot path; the rest is a Hono app (rest-listener.ts).
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Caller } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { StreamableHttp } from "../mcp/server/http-server.ts"
import type { ParamHeaders } from "../mcp/mcp-headers.ts"
import type { Handler } from "../mcp/message.ts"
import { guardRequest, type AllowedPeers } from "./http-guard.ts"
import { createHttpListener, type ListenerOptions, type Opened } from "./http-listener.ts"
import { credentialOf, mcpPeer, pathOf, type Credential } from "./http-request.ts"
import { ownerOf, type McpPeer } from "./mcp.ts"
import type { Pipes } from "./pipes.ts"
import type { RestListener } from "./rest-listener.ts"

export type HttpDoorOptions = ListenerOptions & {
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
  /** Told of what was refused before anybody knew whose it was, and waited for. */
  readonly onRefused: (address: string, thrown: unknown) => Promise<void>
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
  const caller = enter(options, asked.request, pathOf(asked.request))
  return caller instanceof Promise
    ? caller.then((admitted) => answer(options, admitted, asked))
    : answer(options, caller, asked)
}

type Asked = { readonly request: IncomingMessage; readonly response: ServerResponse }

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
  if (peer) return options.streamable.serve(request, response, httpPeer(options, peer))
  if (caller && path === "/sse" && request.method === "GET")
    return options.pipes.openSse(response, { caller, mount: undefined })
  if (caller && path === "/messages" && request.method === "POST")
    return options.pipes.deliver(request, response, caller)
  return options.rest(request, response, caller)
}

async function upgrade(options: HttpDoorOptions, request: IncomingMessage, opened: Opened): Promise<void> {
  requireReady(options)
  const path = pathOf(request)
  const caller = await enter(options, request, path)
  const peer = caller && mcpPeer(path, caller)
  if (!peer) throw new GatewayError("not_found", "WebSockets are served on /mcp and /mcp/<service>.")
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

async function record({ onRefused }: HttpDoorOptions, source: string, thrown: unknown): Promise<never> {
  await onRefused(source, thrown)
  throw thrown
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "unknown"
}

/** A client with a session may still have to answer what a service asks in an open call. New calls are refused later. */
function belongsToOpenCalls({ headers }: IncomingMessage, path: string): boolean {
  return path === "/messages" || headers["mcp-session-id"] !== undefined
}

function requireReady({ ready }: HttpDoorOptions): void {
  if (!ready())
    throw new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
      retryAfterMs: 1_000,
    })
}

function httpPeer({ mcp, paramHeaders }: HttpDoorOptions, peer: McpPeer): Parameters<StreamableHttp["serve"]>[2] {
  return {
    owner: ownerOf(peer.caller),
    mount: peer.mount,
    handle: mcp(peer),
    paramHeaders: (tool) => paramHeaders(peer, tool),
  }
}

function sendReadiness(response: ServerResponse, { ready, trouble, workers }: HttpDoorOptions): void {
  const reason = ready() ? trouble() : "The gateway is stopping."
  const facts = { ...(reason !== undefined && { reason }), ...(workers && { workers: workers() }) }
  sendStatus(response, reason === undefined ? "ready" : "not ready", facts)
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
