/**
 * The HTTP server under a door, with the limits that hold for whatever comes in, and the answers to what was refused
 * before anybody could answer it. What is answered otherwise is for the door.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Duplex } from "node:stream"
import type { Socket } from "node:net"
import { GatewayError } from "../../errors.ts"
import { endEarly } from "../../mcp/server/early-end.ts"
import { hasName, type AllowedPeers } from "./http-guard.ts"
import type { Opened } from "./http-request.ts"
import { problemOf, type Problem } from "../rest/problem.ts"
import { responses, standingLines } from "./security-headers.ts"
import { followTls, tlsSettings, type TlsInUse } from "./tls-in-use.ts"

// To import it would load all that Node.js has of fetch and WebSockets besides.
const { createServer, STATUS_CODES } = process.getBuiltinModule("node:http")

export type ListenerOptions = {
  readonly limits: { readonly headerBytes: number; readonly headers: number; readonly requestMs: number }
  readonly peers: AllowedPeers
  readonly tls?: TlsInUse | undefined
}

/** Both throw what refuses. */
export type Listeners = {
  request(request: IncomingMessage, response: ServerResponse): void | Promise<void>
  upgrade(request: IncomingMessage, opened: Opened): Promise<void>
}

export function createHttpListener({ limits, peers, tls }: ListenerOptions, listeners: Listeners): Server {
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.requestMs,
    requestTimeout: limits.requestMs,
    // Or one that is late is found half a minute after it is.
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.requestMs / 4)),
    keepAliveTimeout: 65_000,
    // Other upgrades are offers that may be declined: clients of HTTP/2 offer it with the first plain request.
    shouldUpgradeCallback: ({ headers: { upgrade } }: IncomingMessage) => upgrade?.toLowerCase() === "websocket",
    ServerResponse: tls && hasName(peers) ? responses.named : responses.always,
  }
  const serve: RequestListener = (request, response) => {
    const refused = (thrown: unknown): void => refuse(response, thrown)
    try {
      listeners.request(request, response)?.catch(refused)
    } catch (thrown) {
      refused(thrown)
    }
  }
  const server = tls
    ? createTls({ ...settings, handshakeTimeout: limits.requestMs }, tls, serve)
    : createServer(settings, serve)
  server.maxHeadersCount = limits.headers
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nobody else listens while the caller is admitted, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy())
    const refused = (thrown: unknown): void => refuseRaw(socket, problemOf(thrown))
    listeners.upgrade(request, { socket, head }).catch(refused)
  })
  server.on("clientError", (error: NodeJS.ErrnoException, socket: AnsweringSocket) => {
    // Where an answer has begun nobody could tell this one from its rest, and without TLS nobody could read it.
    const { _httpMessage: answering } = socket
    if (!isOfHttp(error) || !socket.writable || answering?.headersSent) socket.destroy()
    else refuseRaw(socket, problemOfUnread(error, limits))
  })
  return server
}

/** With what is being answered on it, as Node.js itself asks before it answers what it cannot read. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

type ServerSettings = Parameters<typeof createServer<typeof IncomingMessage, typeof ServerResponse>>[0]

function createTls(
  settings: ServerSettings & { readonly handshakeTimeout: number },
  tls: TlsInUse,
  serve: RequestListener,
): Server {
  const server = createTlsServer({ ...settings, ...tlsSettings(tls.material) }, serve)
  followTls(server, tls)
  return server
}

/** As REST says it. What has begun to be answered is cut instead. */
export function refuse(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, headers, body } = problemOf(thrown)
  response.shouldKeepAlive = false
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
  endEarly(response, body)
}

function isOfHttp({ code = "" }: NodeJS.ErrnoException): boolean {
  return code.startsWith("HPE_") || code === "ERR_HTTP_REQUEST_TIMEOUT"
}

/** Of what could not be read as a request. */
function problemOfUnread({ code }: NodeJS.ErrnoException, limits: ListenerOptions["limits"]): Problem {
  if (code === "HPE_HEADER_OVERFLOW") {
    const { headerBytes, headers } = limits
    const text = `There are more than ${headers} headers (limits.headers), or ${headerBytes} bytes of them (limits.headerBytes).`
    return problemOf(new GatewayError("too_large", text), 431)
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const text = `The request took longer than ${limits.requestMs} ms to arrive (limits.requestMs).`
    return problemOf(new GatewayError("timeout", text), 408)
  }
  return problemOf(new GatewayError("invalid", "This is no HTTP request; correct it."))
}

/** Once it is out the connection ends, whatever its peer does: it has no deadline any more. */
function refuseRaw(socket: Duplex, { status, headers, body }: Problem): void {
  const own = { ...headers, connection: "close", "content-length": Buffer.byteLength(body) }
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}${standingLines}\r\n`
  socket.end(head + body, () => socket.destroy())
}
