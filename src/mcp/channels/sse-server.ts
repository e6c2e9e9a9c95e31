/**
 * Our side of the old HTTP+SSE transport (2024-11-05): what we say goes down one event stream, what the client says
 * comes by POST to the endpoint that the stream names first. The HTTP door finds the channel of a POST by the session
 * id it put into the endpoint, and delivers. The events: sse-writer.ts. The other side: sse-client.ts.
 */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"
import { Ending, messageTooLarge, peerClosed, peerTooSlow, type Channel } from "./channel.ts"
import { maxUnreadBytes, startEventStream, writeEvent } from "./sse-writer.ts"

export interface SseServerChannel extends Channel {
  /**
   * Takes the body of a POST. After the end it does nothing.
   *
   * @throws GatewayError `too_large`, or `invalid` for an empty body; the channel goes on.
   */
  deliver(message: Buffer): void
}

type SseServerOptions = {
  /** Where the client posts its messages: path and query, with the session id in it. */
  readonly endpointPath: string
  readonly maxMessageBytes: number
}

export function openSseServerChannel(response: ServerResponse, options: SseServerOptions): SseServerChannel {
  return new ServerChannel(response, options)
}

class ServerChannel implements SseServerChannel {
  readonly #ending = new Ending()
  readonly #response: ServerResponse
  readonly #options: SseServerOptions
  #onMessage: ((bytes: Buffer) => void) | undefined

  constructor(response: ServerResponse, options: SseServerOptions) {
    this.#response = response
    this.#options = options
    if (response.destroyed) this.#ending.end(peerClosed())
    startEventStream(response)
    response.once("close", () => this.#ending.end(peerClosed()))
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  send(message: Buffer): void {
    if (this.#ending.ended) return
    const gone = this.#response.destroyed
    if (writeEvent(this.#response, { event: "message", data: message })) return
    this.#ending.end(gone ? peerClosed() : peerTooSlow(maxUnreadBytes))
  }

  /** Names the endpoint only now, so that no message can come before someone listens. */
  listen(onMessage: (bytes: Buffer) => void): void {
    this.#onMessage = onMessage
    writeEvent(this.#response, { event: "endpoint", data: Buffer.from(this.#options.endpointPath) })
  }

  deliver(message: Buffer): void {
    const { maxMessageBytes } = this.#options
    if (message.length > maxMessageBytes) throw messageTooLarge(maxMessageBytes)
    if (message.length === 0) throw new GatewayError("invalid", "The body is empty; post one JSON-RPC message.")
    if (!this.#ending.ended) this.#onMessage?.(message)
  }

  close(): void {
    if (this.#ending.end(undefined)) this.#response.end()
  }
}
