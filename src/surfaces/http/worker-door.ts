/**
 * The HTTP door of a worker. A modern call whose headers say so, of a caller that is known here, to a service that the
 * worker may call, is made here; the headers repeat the body, so that nothing need be read to see it. Everything else is
 * the owner's: other paths, eras and methods, strangers, and whatever would be refused.
 *
 * What makes a call one for a worker: call/stands-alone.ts. The door of the owner: http.ts.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { CallRequest } from "../../call/call.ts"
import { findTool, type Known } from "../../call/resolve.ts"
import { standsAlone } from "../../call/stands-alone.ts"
import type { ActivePrincipal, Caller } from "../../domain/principal.ts"
import type { GatewayError } from "../../errors.ts"
import { isModern, readModernRequest } from "../../mcp/era-modern.ts"
import { modernRevisions, type Answer, type Outline } from "../../mcp/message.ts"
import { readOutline } from "../../mcp/outline.ts"
import type { RawJson } from "../../mcp/raw-json.ts"
import type { BodyRoom } from "../../mcp/server/body-room.ts"
import { readBody } from "../../mcp/server/http-body.ts"
import { serveModernPost } from "../../mcp/server/http-modern.ts"
import { isJson, refuseHttp } from "../../mcp/server/http-server.ts"
import type { DoorConnections } from "./connections.ts"
import { findRefusal, isProbe, type Asked, type EarlyRefusalOptions } from "./early-refusal.ts"
import type { HandOver } from "./hand-over.ts"
import { letPageRead } from "./cors.ts"
import { guardRequest } from "./http-guard.ts"
import { createHttpListener, type ListenerOptions } from "./http-listener.ts"
import { credentialOf, mcpPeer, pathOf, type Credential } from "./http-request.ts"
import { silentExchange, type McpPeer } from "../mcp.ts"

export type WorkerDoorOptions = ListenerOptions &
  EarlyRefusalOptions & {
    readonly connections: DoorConnections
    readonly room: BodyRoom
    readonly sourceOf: (request: IncomingMessage) => string
    /** Told of what was refused before it was looked at. @returns what to answer */
    readonly onRefused: (address: string, thrown: unknown, caller: Caller) => Promise<GatewayError>
    readonly maxBodyBytes: number
    /** Our own Implementation object. */
    readonly serverInfo: RawJson
    readonly recognizer: {
      recall(credential: Credential): Caller | undefined
      introduce(credential: Credential): () => void
      authenticate(caller: Caller): ActivePrincipal
    }
    readonly known: () => Known
    readonly maySend: (service: string) => boolean
    readonly call: (request: CallRequest) => Promise<Answer>
    readonly handOver: HandOver
    /** `open`, or why no more calls are taken here: the worker is `draining` its connections, or all of the gateway stops. */
    readonly state: () => "open" | "draining" | "stopping"
  }

type Post = Outline & { readonly kind: "request" }

const methods: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"])

export function createWorkerDoor(options: WorkerDoorOptions): Server {
  return createHttpListener(options, {
    request: (request, response) => answer(options, request, response),
    upgrade: async (request, opened) => {
      const refusal = options.connections.refusalOf(request)
      if (refusal) throw refusal
      options.handOver.upgrade(request, opened)
    },
  })
}

async function answer(
  options: WorkerDoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { handOver, maxBodyBytes, room, connections, state } = options
  const refusal = connections.refusalOf(request)
  if (refusal) response.shouldKeepAlive = false
  if (refusal && !isProbe(request)) throw refusal
  if (state() !== "open") response.shouldKeepAlive = false
  const peer = state() !== "stopping" && isCandidate(request) ? findPeer(options, request) : undefined
  if (!peer) return handOver.request(request, response, { onAdmitted: introduce(options, request) })
  try {
    await refuseEarly(options, { request, response }, peer.caller)
    const body = await readBody(request, maxBodyBytes, {
      room,
      principal: peer.caller.principalId,
      until: response,
    })
    const message = readPost(body)
    if (!message || !isOurs(options, peer, message)) return handOver.request(request, response, { body })
    letPageRead(request, response, options.peers)
    await serve(options, peer, { request, response, message })
  } catch (thrown) {
    refuseHttp(response, thrown)
  }
}

/** @throws GatewayError `overloaded` */
async function refuseEarly(options: WorkerDoorOptions, asked: Asked, caller: Caller): Promise<void> {
  const refusal = findRefusal(options, asked, caller, pathOf(asked.request))
  if (!refusal) return
  throw await options.onRefused(options.sourceOf(asked.request), refusal, caller)
}

function isCandidate({ method, headers }: IncomingMessage): boolean {
  return (
    method === "POST" &&
    headers["mcp-protocol-version"] === modernRevisions[0] &&
    methods.has(String(headers["mcp-method"])) &&
    isJson(headers["content-type"])
  )
}

/** Undefined for whom this worker does not know, and for what breaks a rule: the owner says so, and records it. */
function findPeer(
  { peers, recognizer, sourceOf }: WorkerDoorOptions,
  request: IncomingMessage,
): McpPeer | undefined {
  try {
    guardRequest(request, peers)
  } catch {
    return undefined
  }
  const caller = recognizer.recall(credentialOf(request.headers))
  return caller && mcpPeer(pathOf(request), caller, sourceOf(request))
}

function introduce({ recognizer }: WorkerDoorOptions, { headers }: IncomingMessage): () => void {
  return recognizer.introduce(credentialOf(headers))
}

function readPost(body: Buffer): Post | undefined {
  try {
    const message = readOutline(body)
    return message.kind === "request" && isModern(message.params) ? message : undefined
  } catch {
    return undefined
  }
}

function isOurs({ known, recognizer, maySend }: WorkerDoorOptions, peer: McpPeer, message: Post): boolean {
  try {
    const request = readModernRequest(message.method, message.params)
    const exchange = silentExchange(neverAborted)
    const service = standsAlone(known(), recognizer.authenticate(peer.caller), { ...peer, request, exchange })
    return service !== undefined && maySend(service)
  } catch {
    return false // the owner finds the same, and answers it
  }
}

const neverAborted = new AbortController().signal

type Posted = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly message: Post }

function serve(options: WorkerDoorOptions, peer: McpPeer, posted: Posted): Promise<void> {
  const { call, known, recognizer, serverInfo } = options
  return serveModernPost({
    ...posted,
    serverInfo,
    handle: (request, exchange) => call({ ...peer, request, exchange }),
    paramHeaders: (tool, client) => {
      const place = { ...peer, request: { client } }
      return findTool(known(), recognizer.authenticate(peer.caller), place, tool)?.item.paramHeaders
    },
  })
}
