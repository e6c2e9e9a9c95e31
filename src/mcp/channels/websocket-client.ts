/**
 * Opens a channel to a service over WebSocket. What runs over it: websocket-channel.ts.
 */

import type { LookupFunction, Socket } from "node:net"
import { WebSocket } from "ws"
import { GatewayError } from "../../errors.ts"
import { notReached } from "../not-reached.ts"
import type { Channel } from "./channel.ts"
import { openChannelOver, socketSettings, subprotocol } from "./websocket-channel.ts"

export type WebSocketClientOptions = {
  /** `ws:` or `wss:`. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** In PEM: who vouches for the service, and what is shown to it. */
  readonly tls?: { readonly ca?: readonly string[]; readonly cert?: string; readonly key?: string }
  readonly maxMessageBytes: number
  /** From the first packet to the end of the handshake. */
  readonly connectTimeoutMs: number
  /** Finds the addresses that are dialled, in place of the system's. */
  readonly lookup?: LookupFunction
}

const maxWaitingBytes = 64 * 1024 * 1024

/**
 * @throws GatewayError `service_unavailable`, with detail `{ status }` where the service answered with an HTTP status
 *   instead, `timeout`, or `invalid` for a URL or header that cannot be sent.
 */
export async function openWebSocketChannel(options: WebSocketClientOptions): Promise<Channel> {
  const socket = dial(options)
  const { promise, resolve, reject } = Promise.withResolvers<Channel>()
  const giveUp = (reason: GatewayError): void => {
    reject(reason)
    socket.terminate()
  }
  const deadline = setTimeout(() => giveUp(tooLate(options.connectTimeoutMs)), options.connectTimeoutMs)
  let wire: Socket | undefined
  socket.once("upgrade", (response) => {
    wire = response.socket
  })
  socket.once("open", () => {
    if (wire) resolve(openChannelOver({ socket, wire, maxMessageBytes: options.maxMessageBytes, maxWaitingBytes }))
  })
  socket.once("unexpected-response", (_request, { statusCode }) => giveUp(refused(statusCode)))
  // Also keeps what comes after giving up from being thrown.
  socket.on("error", (cause) => reject(notReached(cause, "unsent")))
  return promise.finally(() => clearTimeout(deadline))
}

function dial({ url, headers, tls = {}, maxMessageBytes, lookup }: WebSocketClientOptions): WebSocket {
  const { ca, ...own } = tls
  const settings = {
    ...socketSettings(maxMessageBytes),
    ...own,
    ...(ca && { ca: [...ca] }),
    ...(lookup && { lookup }),
  }
  try {
    return new WebSocket(url, subprotocol, { headers: { ...headers }, ...settings })
  } catch (cause) {
    throw new GatewayError("invalid", "The service's URL or headers cannot be sent; correct them.", { cause })
  }
}

function refused(status: number | undefined): GatewayError {
  return new GatewayError(
    "service_unavailable",
    `The service answered ${status} instead of opening a WebSocket.`,
    {
      detail: { status },
    },
  )
}

function tooLate(connectTimeoutMs: number): GatewayError {
  return new GatewayError("timeout", `The service opened no WebSocket within ${connectTimeoutMs} ms.`)
}
