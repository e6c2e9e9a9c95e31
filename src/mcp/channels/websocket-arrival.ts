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
const stepBytes = 131_072
/** Of a frame from a client without its data, as short as those of pings are. */
const headBytes = 6

/** To be called while the socket is paused. */
export function countArrivals({ socket, wire, room, onFull }: Arriving): void {
  let arrived = 0
  let held = 0
  const giveAll = (): void => {
    if (held > 0) room.give(held)
    arrived = held = 0
  }
  const grow = ({ length }: Buffer): void => void (arrived += length)
  const look = (): void => {
    if (arrived - held < stepBytes) return
    try {
      room.take(arrived - held)
      held = arrived
    } catch (thrown) {
      wire.off("data", look)
      onFull(GatewayError.from(thrown))
    }
  }
  const forget = ({ length }: Buffer): void => void (arrived = Math.max(0, arrived - length - headBytes))
  // Before and after what the bytes bring about: what ends in them is not held.
  wire.prependListener("data", grow)
  wire.on("data", look)
  socket.on("message", giveAll)
  socket.on("ping", forget)
  socket.on("pong", forget)
  socket.once("close", () => {
    wire.off("data", look)
    giveAll()
  })
}
