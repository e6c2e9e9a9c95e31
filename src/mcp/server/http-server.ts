/**
 * Our side of Streamable HTTP: one endpoint for all five revisions. The body tells the era, never a header alone.
 * Who may send at all is decided before a request comes here.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"
import { isModern } from "../era-modern.ts"
import type { BodyRoom } from "./body-room.ts"
import { endEarly } from "./early-end.ts"
import { readBody } from "./http-body.ts"
import { serveLegacyDelete, serveLegacyGet, serveLegacyPost, type LegacyRequest } from "./http-legacy.ts"
import { serveModernPost, takesStreams } from "./http-modern.ts"
import { HttpSessions, type SessionLimits, type SessionSeal } from "./http-sessions.ts"
import type { ParamHeaders } from "../mcp-headers.ts"
import { modernRevisions, type ClientFacts, type Handler, type Outline } from "../message.ts"
import { readMessages, type Messages } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"
import type { RawJson } from "../raw-json.ts"
import { encodeAnswer, toRpcError } from "../wire.ts"

export type StreamableHttpOptions = {
  /** Our own Implementation object. */
  readonly serverInfo: RawJson
  readonly seal: SessionSeal
  readonly room: BodyRoom
  readonly limits: SessionLimits & {
    readonly maxBodyBytes: number
    /** Requests and streams open at once. */
    readonly maxOpen: number
  }
}

/** Who sends a request, as far as the transport must know. */
export type HttpPeer = {
  /** Sessions belong to it: requests of another owner never find them. */
  readonly owner: string
  /** Whose sessions are counted together. */
  readonly principal: string
  readonly mount: string | undefined
  readonly handle: Handler
  /** @throws GatewayError where it may begin no session now */
  readonly assertMayBegin?: () => void
  /** The headers that must repeat arguments of this tool. */
  readonly paramHeaders: (tool: string, client: ClientFacts) => ParamHeaders | undefined
}

export class StreamableHttp {
  readonly #options: StreamableHttpOptions
  readonly #sessions: HttpSessions
  #open = 0

  constructor(options: StreamableHttpOptions) {
    this.#options = options
    this.#sessions = new HttpSessions(options.seal, options.limits)
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Answers one HTTP request, whatever it is. Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse, peer: HttpPeer): Promise<void> {
    try {
      this.#requireRoom(response)
      const legacy = { request, response, sessions: this.#sessions, ...peer }
      if (request.method === "POST") await this.#post(legacy, peer)
      else await serveOther(legacy)
    } catch (thrown) {
      refuseHttp(response, thrown)
    }
  }

  /** Ends all sessions and their streams. */
  close(): void {
    this.#sessions.close()
  }

  /** @throws GatewayError `overloaded` */
  #requireRoom(response: ServerResponse): void {
    const { maxOpen } = this.#options.limits
    if (this.#open >= maxOpen) {
      const text = `${maxOpen} requests and streams are open already (limits.streams).`
      throw new GatewayError("overloaded", text, { retryAfterMs: 1_000 })
    }
    if (response.destroyed) return // its close has been told already
    this.#open += 1
    response.on("close", this.#leave)
  }

  /** One for all of them: those that are open for long hold nothing of their own. */
  readonly #leave = (): void => {
    this.#open -= 1
  }

  #post(legacy: LegacyRequest, peer: HttpPeer): void | Promise<void> {
    const { request, response } = legacy
    if (!isJson(request.headers["content-type"])) return void response.writeHead(415).end()
    const { limits, room } = this.#options
    const body = readBody(request, limits.maxBodyBytes, { room, principal: peer.principal, until: response })
    if (Buffer.isBuffer(body)) return this.#take(legacy, peer, body)
    return body.then((collected) => this.#take(legacy, peer, collected))
  }

  #take(legacy: LegacyRequest, peer: HttpPeer, body: Buffer): void | Promise<void> {
    const { request, response } = legacy
    const messages = readMessages(body)
    const modern = modernRequest(messages)
    if (modern)
      return serveModernPost({ ...peer, request, response, message: modern, serverInfo: this.#options.serverInfo })
    if (!namesModern(request)) return serveLegacyPost(legacy, messages)
    refuseModern(messages)
    response.writeHead(202).end()
  }
}

async function serveOther(legacy: LegacyRequest): Promise<void> {
  const { request, response } = legacy
  if (namesModern(request) || !(request.method === "GET" || request.method === "DELETE"))
    return notAllowed(response)
  if (request.method === "DELETE") return serveLegacyDelete(legacy)
  if (!takesStreams(request)) return void response.writeHead(406).end()
  return serveLegacyGet(legacy)
}

function modernRequest(messages: Messages): (Outline & { kind: "request" }) | undefined {
  if (messages.batch || messages.message.kind !== "request") return undefined
  return isModern(messages.message.params) ? messages.message : undefined
}

/** Under a modern header only notifications come without an envelope. */
function refuseModern(messages: Messages): void {
  if (messages.batch) throw new ProtocolError("invalid_request", "This revision has no batches.")
  const { message } = messages
  if (message.kind === "notification") return
  if (message.kind !== "request")
    throw new ProtocolError("invalid_request", "Clients of this revision send no answers.")
  throw new ProtocolError("invalid_params", "params._meta lacks io.modelcontextprotocol/protocolVersion.", {
    id: message.id,
  })
}

function namesModern({ headers }: IncomingMessage): boolean {
  return modernRevisions.some((revision) => revision === headers["mcp-protocol-version"])
}

export function isJson(contentType: string | undefined): boolean {
  if (contentType === "application/json") return true
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? "")
}

function notAllowed(response: ServerResponse): void {
  response.writeHead(405, { allow: "POST, GET, DELETE" }).end()
}

/** As an answer of MCP, whatever was wrong with the request. */
export function refuseHttp(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent || response.destroyed) return void response.end()
  const body = encodeAnswer(thrown instanceof ProtocolError ? thrown.id : undefined, { error: toRpcError(thrown) })
  response.shouldKeepAlive = false
  const status = thrown instanceof ProtocolError ? thrown.status : GatewayError.from(thrown).status
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    ...retryAfter(thrown),
  })
  endEarly(response, body)
}

/** As HTTP says when it is worth another try. */
function retryAfter(thrown: unknown): { readonly "retry-after"?: string } {
  if (!(thrown instanceof GatewayError) || thrown.retryAfterMs === undefined) return {}
  return { "retry-after": String(Math.ceil(thrown.retryAfterMs / 1_000)) }
}
