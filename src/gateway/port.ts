/**
 * The port that the gateway is to listen on: looked at before anything is started or made, taken when all is ready. It is
 * not held in between, as a client that is let in must find somebody who answers.
 */

import { once } from "node:events"
import { createServer, type AddressInfo, type Server } from "node:net"
import type { Config } from "../config.ts"
import { GatewayError } from "../errors.ts"

type Place = Pick<Config, "host" | "port">

/** @throws GatewayError `conflict` where something else listens there, or this process may not */
export async function assertPortFree(place: Place): Promise<void> {
  if (place.port === 0) return
  const probe = createServer((connection) => connection.destroy())
  await takePort(probe, place)
  const closed = once(probe, "close")
  probe.close()
  await closed
}

/** @returns the port. @throws GatewayError `conflict` */
export async function takePort(server: Server, { host, port }: Place): Promise<number> {
  server.listen(port, host)
  await once(server, "listening").catch((cause: unknown) => {
    const why = (cause as NodeJS.ErrnoException).code ?? "unknown"
    const text = `Cannot listen on ${host}:${port} (${why}). If something else does, choose another --port.`
    throw new GatewayError("conflict", text, { cause })
  })
  return (server.address() as AddressInfo).port
}
