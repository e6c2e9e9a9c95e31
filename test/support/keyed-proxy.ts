/**
 * Adds a key to every request on its way to a gateway, for clients that cannot send one. Everything else, the Host
 * and the Origin included, passes as it came, and a client that hangs up hangs up through it.
 */

import { once } from "node:events"
import { createServer, request as send } from "node:http"
import type { AddressInfo } from "node:net"

export async function startKeyedProxy(
  target: string,
  key: string,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${key}` }
    const forwarded = send(
      { hostname, port, method: incoming.method, path: incoming.url, headers, setHost: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        outgoing.flushHeaders()
        answer.pipe(outgoing)
      },
    )
    forwarded.on("error", () => outgoing.destroy())
    outgoing.on("close", () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, "close")
  }
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
