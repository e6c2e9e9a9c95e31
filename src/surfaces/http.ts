/**
 * The HTTP door: one port for MCP in all its transports, health, and everything else that is REST. Each request is
 * guarded, then admitted unless its route is public, then handed to whoever serves the path.
 *
 * MCP stays on bare `node:http`, since it is the hot path; the rest is a Hono app (rest-listener.ts).
 */

import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Duplex } from "node:stream"
import type { Caller } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { StreamableHttp } from "../mcp/server/http-server.ts"
import type { ParamHeaders } from "../mcp/mcp-headers.ts"
import type { Handler } from "../mcp/message.ts"
import { guardRequest, type AllowedPeers } from "./http-guard.ts"
import { ownerOf, type McpPeer } from "./mcp.ts"
import type { Pipes } from "./pipes.ts"
import { problemOf } from "./problem.ts"
import type { RestListener } from "./rest-listener.ts"

type Credential = { readonly authorization?: string | undefined; readonly apiKey?: string | undefined }

export type HttpDoorOptions = {
  readonly peers: AllowedPeers
  readonly limits: { readonly headerBytes: number; readonly requestMs: number }
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  /** At once, whose credential it is where that is known; undefined where it must be checked. */
  readonly recall: (credential: Credential) => Caller | undefined
  /** @throws GatewayError `unauthenticated`, `invalid` */
  readonly admit: (credential: Credential) => Promise<Caller>
  readonly mcp: (peer: McpPeer) => Handler
  readonly paramHeaders: (peer: McpPeer, tool: string) => ParamHeaders | undefined
  readonly streamable: StreamableHttp
  readonly pipes: Pipes
  /** Serves the rest. */
  readonly rest: RestListener
  /** Told of what was refused before anybody knew whose it was, and waited for. */
  readonly onRefused: (address: string, thrown: unknown) => Promise<void>
  /** Whether calls are taken; not once the gateway is stopping. */
  readonly ready: () => boolean
  /** Why calls are refused for now, in words that are safe to show. */
  readonly trouble: () => string | undefined
}

// To import it would load all that Node.js has of fetch and WebSockets besides.
const { createServer } = process.getBuiltinModule("node:http")

/** Paths that answer without a credential. A path that is not here needs one, known or not. */
const publicPaths = new Set(["/health", "/liveness", "/readiness", "/openapi.json", "/docs"])
const publicPrefix = "/docs/"

export function createHttpDoor(options: HttpDoorOptions): Server {
  const settings = {
    maxHeaderSize: options.limits.headerBytes,
    headersTimeout: options.limits.requestMs,
    requestTimeout: options.limits.requestMs,
    keepAliveTimeout: 65_000,
    // Other upgrades are offers that may be declined: clients of HTTP/2 offer it with the first plain request.
    shouldUpgradeCallback: ({ headers: { upgrade } }: IncomingMessage) => upgrade?.toLowerCase() === "websocket",
  }
  const serve: RequestListener = (request, response) => {
    // Most callers are known at once: nothing of their calls waits in a frame here.
    Promise.try(() => {
      const caller = enter(options, request, pathOf(request))
      return caller instanceof Promise
        ? caller.then((admitted) => answer(options, admitted, { request, response }))
        : answer(options, caller, { request, response })
    }).catch((thrown: unknown) => refuse(response, thrown))
  }
  const server = options.tls
    ? createTlsServer({ ...settings, ...options.tls }, serve)
    : createServer(settings, serve)
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nobody else listens while the caller is admitted, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy())
    upgrade(options, request, { socket, head }).catch((thrown: unknown) => refuseUpgrade(socket, thrown))
  })
  return server
}

type Asked = { readonly request: IncomingMessage; readonly response: ServerResponse }

function answer(
  options: HttpDoorOptions,
  caller: Caller | undefined,
  { request, response }: Asked,
): void | Promise<void> {
  const path = pathOf(request)
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

async function upgrade(
  options: HttpDoorOptions,
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  requireReady(options)
  const path = pathOf(request)
  const caller = await enter(options, request, path)
  const peer = caller && mcpPeer(path, caller)
  if (!peer) throw new GatewayError("not_found", "WebSockets are served on /mcp and /mcp/<service>.")
  await options.pipes.openWebSocket(request, { socket, head }, peer)
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
  try {
    guardRequest(request, options.peers)
    if (publicPaths.has(path) || path.startsWith(publicPrefix)) return undefined
    const credential = credentialOf(request.headers)
    const known = options.recall(credential)
    return known ?? options.admit(credential).catch((thrown: unknown) => record(options, request, thrown))
  } catch (thrown) {
    return record(options, request, thrown)
  }
}

async function record(
  { onRefused }: HttpDoorOptions,
  { socket }: IncomingMessage,
  thrown: unknown,
): Promise<never> {
  await onRefused(socket.remoteAddress ?? "unknown", thrown)
  throw thrown
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

function pathOf({ url = "/" }: IncomingMessage): string {
  const query = url.indexOf("?")
  return query < 0 ? url : url.slice(0, query)
}

/** The client of an MCP endpoint; undefined for any other path. */
function mcpPeer(path: string, caller: Caller): McpPeer | undefined {
  if (path === "/mcp") return { caller, mount: undefined }
  const [, mount] = /^\/mcp\/([A-Za-z0-9_-]{1,64})$/.exec(path) ?? []
  return mount === undefined ? undefined : { caller, mount }
}

function httpPeer({ mcp, paramHeaders }: HttpDoorOptions, peer: McpPeer): Parameters<StreamableHttp["serve"]>[2] {
  return {
    owner: ownerOf(peer.caller),
    mount: peer.mount,
    handle: mcp(peer),
    paramHeaders: (tool) => paramHeaders(peer, tool),
  }
}

function credentialOf({ authorization, "x-api-key": apiKey }: IncomingHttpHeaders): Credential {
  return { authorization, apiKey: typeof apiKey === "string" ? apiKey : undefined }
}

function sendReadiness(response: ServerResponse, { ready, trouble }: HttpDoorOptions): void {
  const reason = ready() ? trouble() : "The gateway is stopping."
  sendStatus(response, reason === undefined ? "ready" : "not ready", reason)
}

function sendStatus(response: ServerResponse, status: "ok" | "ready" | "not ready", reason?: string): void {
  const body = JSON.stringify({ status, reason })
  response
    .writeHead(status === "not ready" ? 503 : 200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    })
    .end(body)
}

function refuse(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, headers, body } = problemOf(thrown)
  response.writeHead(status, { ...headers, connection: "close" }).end(body)
}

function refuseUpgrade(socket: Duplex, thrown: unknown): void {
  const { status } = GatewayError.from(thrown)
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
