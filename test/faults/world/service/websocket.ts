/** The misbehaving service over WebSocket: one message a text frame, its parts in fragments, bare bytes past all frames. */

import { createServer, type Server } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer, type WebSocket } from "ws"
import { pour, type Hear, type Message, type Mouth, type Unasked } from "./mouth.ts"

export type WebSocketOptions = { readonly hear: Hear; readonly unasked: Unasked; readonly deaf: () => boolean }

export function webSocketServer({ hear, unasked, deaf }: WebSocketOptions): Server {
  const server = createServer((_request, response) => void response.writeHead(426).end())
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "mcp" })
  server.on("upgrade", (request, wire: Duplex, head) => {
    wire.on("error", () => {})
    sockets.handleUpgrade(request, wire, head, (socket) => {
      const mouth = new FrameMouth(socket, wire)
      socket.on("error", () => {})
      socket.on("message", (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Message
        if (message.method === "tools/call" && deaf()) socket.pause()
        if (message.method === "notifications/initialized") unasked(mouth)
        else hear(message, mouth)
      })
    })
  })
  return server
}

class FrameMouth implements Mouth {
  readonly #socket: WebSocket
  readonly #wire: Duplex
  inside = false

  constructor(socket: WebSocket, wire: Duplex) {
    this.#socket = socket
    this.#wire = wire
  }

  stream(): void {
    // It always is one.
  }

  async piece(bytes: Buffer | string): Promise<void> {
    const sent = Promise.withResolvers<void>()
    this.inside = true
    this.#socket.send(bytes, { binary: false, fin: false }, () => sent.resolve())
    await sent.promise
  }

  finish(): void {
    this.inside = false
    this.#socket.send("", { fin: true })
  }

  raw(bytes: Buffer | string): Promise<void> {
    return pour(this.#wire, bytes)
  }

  end(): void {
    this.#socket.terminate()
  }

  get gone(): boolean {
    return this.#socket.readyState !== 1
  }
}
