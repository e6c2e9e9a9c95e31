/**
 * Hands requests from a worker to its owner as they are, over a Unix socket, and the answers back: whole or as they
 * come, and WebSockets with all that follows. Who hangs up on the one side hangs up on the other.
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { connect } from "node:net"
import { PassThrough, type Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { GatewayError } from "../../errors.ts"
import { DispatchPool } from "../../mcp/client/dispatch-pool.ts"
import { readBody } from "../../mcp/server/http-body.ts"
import { handedBack, handedOver, handedOverWhole, isMarkedAdmitted } from "./hand-over-headers.ts"
import { refuse } from "./http-listener.ts"
import type { Opened } from "./http-request.ts"
import type { SourceOf } from "./source-address.ts"

export type HandOverOptions = {
  readonly path: string
  readonly token: string
  /** The network address that is told to the owner. */
  readonly sourceOf: SourceOf
}

export type Handed = {
  /** Where it was read already. */
  readonly body?: Buffer
  /** Told once the owner has found the credential to be good. */
  readonly onAdmitted?: () => void
}

/** Bodies up to it go in one piece with their heads. */
const smallBytes = 64 * 1024

export class HandOver {
  readonly #options: HandOverOptions
  readonly #owner: DispatchPool

  constructor(options: HandOverOptions) {
    this.#options = options
    const { path: socketPath } = options
    this.#owner = new DispatchPool("http://localhost", {
      socketPath,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  /** @throws GatewayError `invalid` where it cannot be passed on, or ends in the middle */
  async request(
    request: IncomingMessage,
    response: ServerResponse,
    { body, onAdmitted }: Handed = {},
  ): Promise<void> {
    const sent = body ?? (await bodyOf(request))
    if (response.destroyed) return
    const { method = "GET", url: path = "/", rawHeaders } = request
    const headers = handedOver(rawHeaders, this.#from(request))
    const answer = new HandedBack(request, response, onAdmitted)
    this.#owner.dispatch({ path, method, headers, body: sent ?? null }, answer)
  }

  upgrade(request: IncomingMessage, { socket, head }: Opened): void {
    const owner = connect(this.#options.path)
    owner.on("error", () => socket.destroy())
    owner.on("close", () => socket.destroy())
    socket.on("close", () => owner.destroy())
    const headers = handedOverWhole(request.rawHeaders, this.#from(request))
    const begin = Buffer.from(`${request.method} ${request.url} HTTP/1.1\r\n${linesOf(headers)}\r\n`, "latin1")
    // At once: an owner that has refused the first part takes no second one, and the error would hide its answer.
    owner.write(Buffer.concat([begin, head]))
    owner.pipe(socket)
    socket.pipe(owner)
  }

  async close(): Promise<void> {
    await this.#owner.destroy()
  }

  #from(request: IncomingMessage): { readonly token: string; readonly address: string } {
    const { token, sourceOf } = this.#options
    return { token, address: sourceOf(request) }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | Readable | undefined> {
  const { "content-length": length, "transfer-encoding": coding } = request.headers
  if (length === undefined && coding === undefined) return undefined
  if (Number(length) <= smallBytes) return readBody(request, smallBytes)
  // Whoever gives up on this one leaves the client's connection as it is.
  return request.pipe(new PassThrough())
}

/** The owner's answer on its way to the client. */
class HandedBack implements Dispatcher.DispatchHandler {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #onAdmitted: (() => void) | undefined
  #isOver = false

  constructor(request: IncomingMessage, response: ServerResponse, onAdmitted: (() => void) | undefined) {
    this.#request = request
    this.#response = response
    this.#onAdmitted = onAdmitted
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const hangUp = (): void => {
      if (!this.#isOver) controller.abort(new GatewayError("invalid", "The client has gone."))
    }
    if (this.#response.destroyed) hangUp()
    this.#response.once("close", hangUp)
    this.#response.on("drain", () => controller.resume())
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText?: string,
  ): void {
    if (status < 200) return
    if (isMarkedAdmitted(headers)) this.#onAdmitted?.()
    // Refused before it was read: the rest of it is nobody's next request.
    if (!this.#request.complete) this.#response.shouldKeepAlive = false
    this.#response.writeHead(status, statusText, handedBack(headers))
    if (headers["content-length"] === undefined) this.#response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#isOver = true
    this.#response.end()
  }

  onResponseError(_: Dispatcher.DispatchController | null, cause: Error): void {
    this.#isOver = true
    refuse(
      this.#response,
      (cause as NodeJS.ErrnoException).code === "UND_ERR_INVALID_ARG" ? malformed(cause) : ownerGone(cause),
    )
  }
}

function malformed(cause: Error): GatewayError {
  return new GatewayError("invalid", "The request's target or its headers are not right; correct them.", { cause })
}

function ownerGone(cause: Error): GatewayError {
  const text = "The gateway is stopping; try again soon."
  return new GatewayError("service_unavailable", text, { retryAfterMs: 1_000, cause })
}

function linesOf(rawHeaders: readonly string[]): string {
  return rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("")
}
