/**
 * The HTTP server under a door, with the limits that hold for whatever comes in, and the answers to what was refused
 * before anybody could answer it. What is answered otherwise is for the door.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Duplex } from "node:stream"
import { problemOf } from "./problem.ts"

// To import it would load all that Node.js has of fetch and WebSockets besides.
const { createServer } = process.getBuiltinModule("node:http")

export type ListenerOptions = {
  readonly limits: { readonly headerBytes: number; readonly requestMs: number }
  readonly tls?: { readonly cert: Buffer | string; readonly key: Buffer | string }
}

export type Opened = { readonly socket: Duplex; readonly head: Buffer }

/** Both throw what refuses. */
export type Listeners = {
  request(request: IncomingMessage, response: ServerResponse): void | Promise<void>
  upgrade(request: IncomingMessage, opened: Opened): Promise<void>
}

export function createHttpListener({ limits, tls }: ListenerOptions, listeners: Listeners): Server {
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.requestMs,
    requestTimeout: limits.requestMs,
    // Or one that is late is found half a minute after it is.
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.requestMs / 4)),
    keepAliveTimeout: 65_000,
    // Other upgrades are offers that may be declined: clients of HTTP/2 offer it with the first plain request.
    shouldUpgradeCallback: ({ headers: { upgrade } }: IncomingMessage) => upgrade?.toLowerCase() === "websocket",
  }
  const serve: RequestListener = (request, response) => {
    const refused = (thrown: unknown): void => refuse(response, thrown)
    try {
      listeners.request(request, response)?.catch(refused)
    } catch (thrown) {
      refused(thrown)
    }
  }
  const server = tls ? createTlsServer({ ...settings, ...tls }, serve) : createServer(settings, serve)
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nobody else listens while the caller is admitted, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy())
    listeners.upgrade(request, { socket, head }).catch((thrown: unknown) => refuseUpgrade(socket, thrown))
  })
  return server
}

/** As REST says it. What has begun to be answered is cut instead. */
export function refuse(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, headers, body } = problemOf(thrown)
  response.shouldKeepAlive = false
  response.writeHead(status, { ...headers }).end(body)
}

function refuseUpgrade(socket: Duplex, thrown: unknown): void {
  const { status, headers } = problemOf(thrown)
  const again = headers["retry-after"] === undefined ? "" : `retry-after: ${headers["retry-after"]}\r\n`
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\n${again}content-length: 0\r\n\r\n`)
}
