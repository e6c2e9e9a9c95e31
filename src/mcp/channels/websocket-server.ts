/**
 * Takes an HTTP upgrade as a channel over WebSocket. Who may connect, and from which origin, is for the door to check
 * before this; what runs over it: websocket-channel.ts.
 */

import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer } from "ws"
import { GatewayError } from "../../errors.ts"
import { peerClosed, type Channel } from "./channel.ts"
import { countArrivals, type ArrivalRoom } from "./websocket-arrival.ts"
import { openChannelOver, socketSettings, subprotocol } from "./websocket-channel.ts"

type WebSocketServerOptions = {
  readonly maxMessageBytes: number
  /** For what has come of a message that is not whole yet. */
  readonly room: ArrivalRoom
}

const maxWaitingBytes = 8 * 1024 * 1024
const badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

/** @throws GatewayError `invalid` where the request is no WebSocket handshake; the socket has had its answer then. */
export async function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { maxMessageBytes, room }: WebSocketServerOptions,
): Promise<Channel> {
  if (socket.destroyed) throw peerClosed()
  const { promise, resolve, reject } = Promise.withResolvers<Channel>()
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
    ...socketSettings(maxMessageBytes),
  })
  server.once("wsClientError", (cause) => {
    reject(new GatewayError("invalid", "The request is no WebSocket handshake.", { cause }))
    socket.once("finish", () => socket.destroy()).end(badRequest)
  })
  const gone = (): void => reject(peerClosed())
  socket.once("close", gone)
  server.handleUpgrade(request, socket, head, (open) => {
    socket.off("close", gone)
    const wire = request.socket
    const channel = openChannelOver({ socket: open, wire, maxMessageBytes, maxWaitingBytes })
    countArrivals({ socket: open, wire, room, onFull: (reason) => channel.refuse(reason) })
    resolve(channel)
  })
  return promise
}
