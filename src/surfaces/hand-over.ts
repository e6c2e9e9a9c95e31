/**
 * Hands requests from a worker to its owner as they are, over a Unix socket, and the answers back: whole or as they
 * come, and WebSockets with all that follows. Who hangs up on the one side hangs up on the other.
 */

import { Agent, request as send, type IncomingMessage, type ServerResponse } from "node:http"
import { connect } from "node:net"
import { GatewayError } from "../errors.ts"
import { handedBack, handedOver, handedOverWhole, isMarkedAdmitted } from "./hand-over-headers.ts"
import type { Opened } from "./http-listener.ts"
import { problemOf } from "./problem.ts"

export type HandOverOptions = {
  readonly path: string
  readonly token: string
}

export type Handed = {
  /** Where it was read already. */
  readonly body?: Buffer
  /** Told once the owner has found the credential to be good. */
  readonly onAdmitted?: () => void
}

export class HandOver {
  readonly #options: HandOverOptions
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })

  constructor(options: HandOverOptions) {
    this.#options = options
  }

  request(request: IncomingMessage, response: ServerResponse, { body, onAdmitted }: Handed = {}): void {
    const { path: socketPath } = this.#options
    const { method, url: path } = request
    const headers = handedOver(request.rawHeaders, this.#from(request))
    const sent = send({ socketPath, agent: this.#agent, method, path, headers, setHost: false }, (answer) => {
      if (isMarkedAdmitted(answer)) onAdmitted?.()
      // Refused before it was read: the rest of it is nobody's next request.
      if (!body && !request.complete) response.shouldKeepAlive = false
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, handedBack(answer.rawHeaders))
      response.flushHeaders()
      answer.on("error", () => response.destroy())
      answer.pipe(response)
    })
    sent.on("error", (cause) => refuse(response, cause))
    response.once("close", () => sent.destroy())
    if (body) sent.end(body)
    else request.pipe(sent)
  }

  upgrade(request: IncomingMessage, { socket, head }: Opened): void {
    const owner = connect(this.#options.path)
    owner.on("error", () => socket.destroy())
    owner.on("close", () => socket.destroy())
    socket.on("close", () => owner.destroy())
    const headers = handedOverWhole(request.rawHeaders, this.#from(request))
    owner.write(`${request.method} ${request.url} HTTP/1.1\r\n${linesOf(headers)}\r\n`, "latin1")
    owner.write(head)
    owner.pipe(socket)
    socket.pipe(owner)
  }

  close(): void {
    this.#agent.destroy()
  }

  #from({ socket }: IncomingMessage): { readonly token: string; readonly address: string } {
    return { token: this.#options.token, address: socket.remoteAddress ?? "unknown" }
  }
}

function linesOf(rawHeaders: readonly string[]): string {
  return rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("")
}

function refuse(response: ServerResponse, cause: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, headers, body } = problemOf(
    new GatewayError("service_unavailable", "The gateway is stopping; try again soon.", {
      retryAfterMs: 1_000,
      cause,
    }),
  )
  response.shouldKeepAlive = false
  response.writeHead(status, { ...headers }).end(body)
}
