/**
 * A channel: a pipe that carries whole JSON-RPC messages both ways and ends once, with a reason.
 *
 * Which pipes there are: stdio-channel.ts, websocket-client.ts, websocket-server.ts, sse-client.ts, sse-server.ts.
 * What the messages say, and which answer belongs to which request, is left to those who listen.
 */

import { GatewayError } from "../../errors.ts"

/** A pipe of whole JSON-RPC messages in both directions, in order: a child's stdio, a WebSocket, an HTTP+SSE pair. */
export interface Channel {
  /**
   * Queues one message. Never throws; after the end it does nothing.
   *
   * @param onRefused told when this message alone cannot go: HTTP+SSE may refuse one, and a pipe may be full. Without
   *   it such a refusal ends the channel, so that nobody waits for an answer that cannot come.
   */
  send(message: Buffer, onRefused?: (reason: GatewayError) => void): void
  /** Starts reading; called once. A message is the bytes of one JSON text without its framing, never empty. */
  listen(onMessage: (bytes: Buffer) => void): void
  /** Settles when the peer will say no more but may still be told, where a pipe can be open halfway. Never rejects. */
  readonly saidAll?: Promise<void>
  /** Settles once with the reason the pipe ended (undefined: we closed it), never rejects. */
  readonly closed: Promise<GatewayError | undefined>
  close(): void
}

/** The end of a channel, told once: whoever comes first gives the reason. */
export class Ending {
  readonly closed: Promise<GatewayError | undefined>
  readonly #settle: (reason: GatewayError | undefined) => void
  #ended = false

  constructor() {
    const { promise, resolve } = Promise.withResolvers<GatewayError | undefined>()
    this.closed = promise
    this.#settle = resolve
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Answers whether it was this call that ended the channel. */
  end(reason: GatewayError | undefined): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#settle(reason)
    return true
  }
}

export function peerClosed(cause?: unknown): GatewayError {
  return new GatewayError("service_unavailable", "The other side closed the connection; connect again.", { cause })
}

export function messageTooLarge(maxBytes: number): GatewayError {
  return new GatewayError("too_large", `A message is larger than the limit of ${maxBytes} bytes.`, {
    detail: { maxBytes },
  })
}

export function peerStalled(stallMs: number): GatewayError {
  const text = `The other side read nothing for ${stallMs} ms (limits.writeMs) of what was sent to it.`
  return new GatewayError("service_unavailable", text)
}

/** What may come between two messages without being one: heartbeats of a service that is silent for days. */
export const maxIdleBytes = 1_048_576

export function saysNothing(): GatewayError {
  const text = `The other side sent more than ${maxIdleBytes} bytes of blank lines or comments between two messages.`
  return new GatewayError("service_unavailable", text, { detail: { maxIdleBytes } })
}

export function peerTooSlow(maxBytes: number): GatewayError {
  return new GatewayError(
    "overloaded",
    `The other side left more than ${maxBytes} bytes unread; it must read faster.`,
    {
      detail: { maxBytes },
    },
  )
}
