/** The misbehaving service over the old HTTP+SSE transport: asked by POST, answering on the one stream. */

import { createServer, type Server, type ServerResponse } from "node:http"
import { text } from "node:stream/consumers"
import { pour, type Hear, type Message, type Mouth, type Unasked } from "./mouth.ts"

export type SseOptions = { readonly hear: Hear; readonly unasked: Unasked; readonly deaf: () => boolean }

export function sseServer({ hear, unasked, deaf }: SseOptions): Server {
  let mouth: StreamMouth | undefined
  return createServer((request, response) => {
    request.on("error", () => {})
    response.on("error", () => {})
    if (request.method === "GET") {
      mouth = new StreamMouth(response)
      return
    }
    if (deaf()) request.pause()
    else
      void text(request).then((body) => {
        response.writeHead(202).end()
        const message = JSON.parse(body) as Message
        if (!mouth) return
        if (message.method === "notifications/initialized") unasked(mouth)
        else hear(message, mouth)
      })
  })
}

class StreamMouth implements Mouth {
  readonly #response: ServerResponse
  inside = false

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write("event: endpoint\ndata: /messages\n\n")
  }

  stream(): void {
    // It always is one.
  }

  piece(bytes: Buffer | string): Promise<void> {
    if (!this.inside) this.#response.write("event: message\ndata: ")
    this.inside = true
    return pour(this.#response, bytes)
  }

  finish(): void {
    this.inside = false
    this.#response.write("\n\n")
  }

  raw(bytes: Buffer | string): Promise<void> {
    return pour(this.#response, bytes)
  }

  end(): void {
    this.#response.destroy()
  }

  get gone(): boolean {
    return this.#response.destroyed
  }
}
