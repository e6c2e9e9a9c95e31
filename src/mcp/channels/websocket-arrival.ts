/**
 * What has come of a message over a WebSocket whose end has not. It is held until then, and a peer may begin a large one
 * on each of a thousand sockets and end none: so it takes its part of the room for large bodies.
 */

import type { Socket } from "node:net"
import type { WebSocket } from "ws"
import { GatewayError } from "../../errors.ts"

/** Of one peer. */
export type ArrivalRoom = {
  /** @throws GatewayError where there is none; nothing is taken then */
  take(bytes: number): void
  give(bytes: number): void
}

type Arriving = {
  readonly socket: WebSocket
  readonly wire: Socket
  readonly room: ArrivalRoom
  /** Told once that there is no room; what comes afterwards is not read. */
  readonly onFull: (reason: GatewayError) => void
}

/** So much of each is held uncounted. */
const stepBytes = 65_536
/** Of a frame from a client without its data, as short as those of pings are. */
const headBytes = 6

export function countArrivals({ socket, wire, room, onFull }: Arriving): void {
  let arrived = 0
  let held = 0
  const giveAll = (): void => {
    room.give(held)
    arrived = held = 0
  }
  const grow = ({ length }: Buffer): void => {
    arrived += length
    if (arrived - held < stepBytes) return
    try {
      room.take(arrived - held)
      held = arrived
    } catch (thrown) {
      wire.off("data", grow)
      onFull(GatewayError.from(thrown))
    }
  }
  const forget = ({ length }: Buffer): void => void (arrived = Math.max(held, arrived - length - headBytes))
  // First, so that a message's end comes after its bytes.
  wire.prependListener("data", grow)
  socket.on("message", giveAll)
  socket.on("ping", forget)
  socket.on("pong", forget)
  socket.once("close", () => {
    wire.off("data", grow)
    giveAll()
  })
}
