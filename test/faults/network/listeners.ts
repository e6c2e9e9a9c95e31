/** Listeners of 127.0.0.1 that are bad to connect to, each on a port of its own; all closed together. */

import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"

export class Listeners {
  /** That reached those which count. */
  bytes = 0
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()

  /** @returns host and port */
  async listen(server: Server): Promise<string> {
    this.#servers.push(server)
    server.on("connection", (socket) => this.#sockets.add(socket.on("error", () => {})))
    await once(server.listen(0, "127.0.0.1"), "listening")
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Does this with every connection. */
  doing(act: (socket: Socket) => void): Promise<string> {
    return this.listen(createServer(act))
  }

  /** Says this, whatever it hears, and closes. */
  saying(bytes: string): Promise<string> {
    return this.doing((socket) => socket.once("data", () => socket.end(bytes)))
  }

  /** Takes note of all that is said to it. */
  counting(): Promise<string> {
    return this.doing((socket) => socket.on("data", (bytes) => (this.bytes += bytes.length)))
  }

  /** TLS before the service at this port, for those who trust it. */
  tls(options: TlsOptions, service: number): Promise<string> {
    const server = createTlsServer(options, (near) => {
      const far = connect(service, "127.0.0.1").on("error", () => near.destroy())
      near.on("error", () => far.destroy()).on("data", (bytes) => (this.bytes += bytes.length))
      near.pipe(far).pipe(near)
    })
    return this.listen(server.on("tlsClientError", () => {}))
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers) server.close()
  }
}
