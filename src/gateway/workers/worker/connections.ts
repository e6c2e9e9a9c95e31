/** The connections of a worker: it is given each one, and may end when the last has ended. */

import type { Server } from "node:http"
import type { Socket } from "node:net"

export class Connections {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #onNone: (() => void) | undefined

  constructor(server: Server) {
    this.#server = server
    // It never listens itself; requests that take too long are looked for from here on.
    server.emit("listening")
  }

  take(socket: Socket): void {
    this.#open.add(socket)
    socket.once("close", () => {
      this.#open.delete(socket)
      if (this.#open.size === 0) this.#onNone?.()
    })
    this.#server.emit("connection", socket)
  }

  /** Those that carry no request now. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  /** Resolves when there are none. */
  async ended(): Promise<void> {
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onNone = resolve
    await promise
  }
}
