/**
 * A channel over an open WebSocket, the same at either end: one message in each text frame. Opening one is left to
 * websocket-client.ts and websocket-server.ts.
 */

import type { Socket } from "node:net"
import { WebSocket } from "ws"
import { GatewayError } from "../../errors.ts"
import { Ending, messageTooLarge, peerClosed, peerTooSlow, type Channel } from "./channel.ts"
import { onHeartbeat } from "./heartbeat.ts"

/** The subprotocol that both ends name. */
export const subprotocol = "mcp"

type OpenWebSocket = {
  readonly socket: WebSocket
  /** What the WebSocket runs on: where the peer's bytes are counted. */
  readonly wire: Socket
  readonly maxMessageBytes: number
  /** What may wait unread when another message is sent. */
  readonly maxWaitingBytes: number
}

/** What both ends ask of the library: no compression and no pongs, whose memory a peer could spend, and a short goodbye. */
export function socketSettings(maxMessageBytes: number): {
  perMessageDeflate: false
  autoPong: false
  maxPayload: number
} {
  const goodbye = { closeTimeout: 2_000 }
  return { perMessageDeflate: false, autoPong: false, maxPayload: maxMessageBytes, ...goodbye }
}

/** Pongs wait unread up to here; pings of a peer that reads nothing are not answered. */
const maxUnreadPongs = 64 * 1_024

/** To be called as soon as the socket is open, so that no message comes before someone listens. */
export function openChannelOver(open: OpenWebSocket): WebSocketChannel {
  return new WebSocketChannel(open)
}

const status = { normal: 1_000, unsupportedData: 1_003, messageTooBig: 1_009, tryAgainLater: 1_013 }
/** Of the reason in a close frame, RFC 6455 section 5.5. */
const maxReasonBytes = 123

class WebSocketChannel implements Channel {
  readonly #ending = new Ending()
  readonly #open: OpenWebSocket
  readonly #stopBeating: () => void
  /** What the wire had read when the last ping went out. */
  #bytesAtPing: number | undefined

  constructor(open: OpenWebSocket) {
    this.#open = open
    this.#stopBeating = onHeartbeat(() => this.#beat())
    open.socket.pause()
    open.socket.on("ping", (data: Buffer) => this.#pong(data))
    open.socket.on("error", (cause) => this.#end(failure(cause, open.maxMessageBytes)))
    open.socket.on("close", (code) =>
      this.#end(code === status.messageTooBig ? refusedAsTooLarge() : peerClosed()),
    )
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  send(message: Buffer): void {
    const { socket, maxWaitingBytes } = this.#open
    if (this.#ending.ended) return
    if (socket.bufferedAmount > maxWaitingBytes) {
      this.#end(peerTooSlow(maxWaitingBytes))
      socket.terminate()
    } else {
      // What goes wrong comes as the socket's error.
      socket.send(message, { binary: false }, () => undefined)
    }
  }

  listen(onMessage: (bytes: Buffer) => void): void {
    this.#open.socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (this.#ending.ended) return
      if (isBinary) this.#refuseBinary()
      else if (data.length > 0) this.#give(data, onMessage)
    })
    this.#open.socket.resume()
  }

  close(): void {
    if (!this.#end(undefined)) return
    this.#open.socket.close(status.normal)
    // Paused, it would not see the other side's goodbye.
    this.#open.socket.resume()
  }

  /** Ends it and says why; what its peer sends from now on is not read. */
  refuse(reason: GatewayError): void {
    if (!this.#end(reason)) return
    const { socket } = this.#open
    socket.close(status.tryAgainLater, reason.message.slice(0, maxReasonBytes))
    socket.pause()
  }

  #give(data: Buffer, onMessage: (bytes: Buffer) => void): void {
    try {
      onMessage(data)
    } catch (thrown) {
      this.#end(GatewayError.from(thrown))
      this.#open.socket.terminate()
    }
  }

  #pong(data: Buffer): void {
    const { socket } = this.#open
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < maxUnreadPongs) socket.pong(data)
  }

  #refuseBinary(): void {
    this.#end(new GatewayError("invalid", "A binary frame came; MCP messages are text frames."))
    this.#open.socket.close(status.unsupportedData, "messages are text frames")
  }

  /** A peer that sent not one byte since the last ping, its pong included, is dead. */
  #beat(): void {
    const { socket, wire } = this.#open
    if (wire.bytesRead === this.#bytesAtPing) {
      this.#end(new GatewayError("service_unavailable", "The other side answers no ping; connect again."))
      socket.terminate()
    } else if (socket.readyState === WebSocket.OPEN) {
      this.#bytesAtPing = wire.bytesRead
      socket.ping()
    }
  }

  #end(reason: GatewayError | undefined): boolean {
    this.#stopBeating()
    return this.#ending.end(reason)
  }
}

function failure(cause: Error, maxMessageBytes: number): GatewayError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return messageTooLarge(maxMessageBytes)
  if (code?.startsWith("WS_ERR_"))
    return new GatewayError("invalid", "The other side broke the WebSocket protocol.", { cause })
  return peerClosed(cause)
}

function refusedAsTooLarge(): GatewayError {
  return new GatewayError("too_large", "The other side refused a message as too large; send less.")
}
