/** Listeners on one port of this machine's own addresses that count who reaches them, and answer nobody. */

import { once } from "node:events"
import { createServer, type AddressInfo, type Server } from "node:net"
import type { TestContext } from "node:test"

export type CountingListeners = {
  readonly port: number
  /** Connections, by the address that was dialled. */
  readonly reached: readonly string[]
}

/** @param port 0 for a free one */
export async function listenCounting(
  t: TestContext,
  addresses: readonly string[],
  port = 0,
): Promise<CountingListeners> {
  const reached: string[] = []
  let bound = port
  for (const address of addresses) {
    const server = createServer((socket) => {
      reached.push(address)
      socket.destroy()
    })
    await listen(server, address, bound)
    t.after(() => server.close())
    if (server.listening) bound = (server.address() as AddressInfo).port
  }
  return { port: bound, reached }
}

/** A machine without IPv6 has nothing to reach there. */
async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address)
  await once(server, "listening").catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRNOTAVAIL") throw cause
  })
}
