/**
 * The HTTP door: one port for MCP in all its transports, health, and everything else that is REST. Each request is
 * guarded, then admitted unless its route is public, then handed to whoever serves the path: http-routes.ts.
 *
 * MCP stays on bare `node:http`, since it is the hot path; the rest is a Hono app (rest-listener.ts).
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Overload } from "../../domain/overload.ts"
import type { Caller } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { refuseHttp, type StreamableHttp } from "../../mcp/server/http-server.ts"
import type { ParamHeaders } from "../../mcp/mcp-headers.ts"
import type { ClientFacts, Handler } from "../../mcp/message.ts"
import type { DoorConnections } from "./connections.ts"
import { answerPreflight, isPreflight, letPageRead } from "./cors.ts"
import { findRefusal, hasSession, isProbe, type Asked, type EarlyRefusalOptions } from "./early-refusal.ts"
import { guardRequest } from "./http-guard.ts"
import { createHttpListener, type ListenerOptions } from "./http-listener.ts"
import { credentialOf, mcpPeer, pathOf, type Credential, type Opened } from "./http-request.ts"
import { findRoute, noWebSocket, type Arrived, type Route } from "./http-routes.ts"
import type { PlanPage } from "./plan-page.ts"
import type { McpPeer } from "../mcp.ts"
import type { Pipes } from "../pipes.ts"
import type { RestListener } from "../rest/rest-listener.ts"

export type HttpDoorOptions = ListenerOptions &
  EarlyRefusalOptions & {
    /** At once, whose credential it is where that is known; undefined where it must be checked. */
    readonly recall: (credential: Credential) => Caller | undefined
    /** @throws GatewayError `unauthenticated`, `invalid` */
    readonly admit: (credential: Credential) => Promise<Caller>
    readonly mcp: (peer: McpPeer) => Handler
    readonly paramHeaders: (peer: McpPeer, tool: string, client: ClientFacts) => ParamHeaders | undefined
    readonly streamable: StreamableHttp
    readonly pipes: Pipes
    /**
     * The network address that it is counted and recorded by. @throws GatewayError `forbidden` for who may not send here at all
     */
    readonly sourceOf: (request: IncomingMessage) => string
    /** Told of each request before anything is answered, and of each credential that was good. */
    readonly onArrived?: (response: ServerResponse) => void
    readonly onAdmitted?: (response: ServerResponse) => void
    readonly planPage: PlanPage
    /** Serves the rest. */
    readonly rest: RestListener
    /** Told of what was refused before it was looked at, and the caller where that was known. @returns what to answer */
    readonly onRefused: (address: string, thrown: unknown, caller?: Caller) => Promise<GatewayError>
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

export function createHttpDoor(options: HttpDoorOptions): Server {
  return createHttpListener(options, {
    request: (request, response) => serve(options, { request, response }),
    upgrade: (request, opened) => upgrade(options, request, opened),
  })
}

/** Most callers are known at once: nothing of their calls waits in a frame here. */
function serve(options: HttpDoorOptions, asked: Asked): void | Promise<void> {
  const { request, response } = asked
  const source = options.sourceOf(request)
  options.onArrived?.(response)
  refuseOneTooMany(options, asked)
  try {
    guardRequest(request, options.peers)
  } catch (thrown) {
    return record(options, source, thrown)
  }
  letPageRead(request, response, options.peers)
  if (isPreflight(request, options.peers)) return answerPreflight(request, response)
  const route = findRoute(request)
  if (route.access === "anyone") return answer(options, route, { ...asked, source, caller: undefined })
  const caller = admit(options, request, source)
  return caller instanceof Promise
    ? caller.then((admitted) => answer(options, route, { ...asked, source, caller: admitted }))
    : answer(options, route, { ...asked, source, caller })
}

/** @throws GatewayError `overloaded` for a connection that there was no room for */
function refuseOneTooMany({ connections }: HttpDoorOptions, { request, response }: Asked): void {
  const refusal = connections?.refusalOf(request)
  if (!refusal) return
  response.shouldKeepAlive = false
  if (!isProbe(request)) throw refusal
}

function answer(options: HttpDoorOptions, route: Route, arrived: Arrived): void | Promise<void> {
  const { request, response, caller } = arrived
  if (caller) options.onAdmitted?.(response)
  if (!route.toTheEnd && !hasSession(request)) requireReady(options)
  const refusal = caller && findRefusal(options, arrived, caller, pathOf(request))
  return refusal ? refuseEarly(options, arrived, refusal) : route.serve(options, arrived)
}

async function refuseEarly(options: HttpDoorOptions, arrived: Arrived, refusal: GatewayError): Promise<void> {
  const { request, response, caller } = arrived
  const told = await options.onRefused(options.sourceOf(request), refusal, caller)
  if (!caller || !mcpPeer(pathOf(request), caller)) throw told
  refuseHttp(response, told)
}

async function upgrade(options: HttpDoorOptions, request: IncomingMessage, opened: Opened): Promise<void> {
  requireReady(options)
  const tooMany = options.connections?.refusalOf(request)
  if (tooMany) throw tooMany
  const source = options.sourceOf(request)
  try {
    guardRequest(request, options.peers)
  } catch (thrown) {
    return record(options, source, thrown)
  }
  const caller = await admit(options, request, source)
  const route = findRoute(request)
  if (!route.upgrade) throw noWebSocket()
  const { shedding } = options
  if (!shedding.takes("streams", caller)) return record(options, source, shedding.refusal("streams"), caller)
  await route.upgrade(options, { request, source, caller }, opened)
}

/** @throws GatewayError `invalid`, `unauthenticated`, which are on record as its source's */
function admit(options: HttpDoorOptions, { headers }: IncomingMessage, source: string): Caller | Promise<Caller> {
  const credential = credentialOf(headers)
  const known = options.recall(credential)
  return known ?? options.admit(credential).catch((thrown: unknown) => record(options, source, thrown))
}

async function record(
  { onRefused }: HttpDoorOptions,
  source: string,
  thrown: unknown,
  caller?: Caller,
): Promise<never> {
  throw await onRefused(source, thrown, caller)
}

function requireReady({ ready }: HttpDoorOptions): void {
  if (!ready())
    throw new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
      retryAfterMs: 1_000,
    })
}
