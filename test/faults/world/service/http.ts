/**
 * The misbehaving service over Streamable HTTP, without sessions, on a port or a Unix socket. An answer of one message is
 * JSON on a port and an event on a socket, so that both forms are tried.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { text } from "node:stream/consumers"
import { pour, type Era, type Hear, type Message, type Mouth, type Unasked } from "./mouth.ts"

export type HttpOptions = {
  readonly era: Era
  readonly events: boolean
  readonly hear: Hear
  readonly unasked: Unasked
  /** Added to what every answer begins with. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether requests are not read to their end. */
  readonly deaf: () => boolean
}

export function httpServer(options: HttpOptions): Server {
  const server = createServer((request, response) => {
    request.on("error", () => {})
    response.on("error", () => {})
    void receive(options, request, response)
  })
  server.keepAliveTimeout = 60_000
  return server
}

async function receive(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { era, hear, unasked, deaf } = options
  const mouth = new ResponseMouth(response, options)
  if (request.method === "GET" && era === "legacy") {
    mouth.stream()
    return unasked(mouth)
  }
  if (request.method !== "POST") return void response.writeHead(405).end()
  if (deaf()) return void request.pause()
  const message = JSON.parse(await text(request)) as Message
  if (message.id === undefined || message.id === null) return void response.writeHead(202).end()
  hear(message, mouth)
}

class ResponseMouth implements Mouth {
  readonly #response: ServerResponse
  readonly #headers: HttpOptions["headers"]
  #events: boolean
  #many = false
  inside = false

  constructor(response: ServerResponse, { events, headers }: HttpOptions) {
    this.#response = response
    this.#events = events
    this.#headers = headers
  }

  stream(): void {
    this.#events = this.#many = true
    this.#begin()
    this.#response.flushHeaders()
  }

  piece(bytes: Buffer | string): Promise<void> {
    this.#begin()
    const prefix = this.#events && !this.inside ? "event: message\ndata: " : ""
    this.inside = true
    if (prefix) this.#response.write(prefix)
    return pour(this.#response, bytes)
  }

  finish(): void {
    this.inside = false
    if (this.#events) this.#response.write("\n\n")
    if (!this.#many) this.#response.end()
  }

  raw(bytes: Buffer | string): Promise<void> {
    this.#begin()
    return pour(this.#response, bytes)
  }

  end(): void {
    this.#response.end()
  }

  get gone(): boolean {
    return this.#response.destroyed
  }

  #begin(): void {
    if (this.#response.headersSent) return
    const type = this.#events ? "text/event-stream" : "application/json"
    this.#response.writeHead(200, { "content-type": type, ...this.#headers })
  }
}
