/**
 * Carries requests to a modern service over Streamable HTTP: one POST for each (http-modern-call.ts). No session,
 * nothing to reconnect.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import { GatewayError } from "../../errors.ts"
import type { Carrier, OutgoingCall } from "./carrier.ts"
import { Ending } from "../channels/channel.ts"
import type { HttpClient } from "./http-client.ts"
import { HttpModernCall } from "./http-modern-call.ts"
import { ModernHeaders, type FindParamHeaders } from "./http-modern-headers.ts"
import type { Answer } from "../message.ts"
import { Surplus } from "./surplus.ts"
import { maxAnswerBytes, type LinkOptions } from "./link.ts"
import { OpenCalls } from "./open-calls.ts"

type HttpModernOptions = {
  readonly client: HttpClient
  readonly limits: LinkOptions["limits"]
  /** Told how many messages were too much: surplus.ts. */
  readonly onDropped?: ((messages: number) => void) | undefined
  readonly findParamHeaders: FindParamHeaders
}

export class HttpModernCarrier implements Carrier {
  readonly #options: HttpModernOptions
  readonly #headers: ModernHeaders
  readonly #calls = new OpenCalls()
  readonly #ending = new Ending()
  readonly #surplus: Surplus

  constructor(options: HttpModernOptions) {
    this.#options = options
    this.#surplus = new Surplus(options.onDropped)
    this.#headers = new ModernHeaders(options.client, options.findParamHeaders)
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  request(call: OutgoingCall): Promise<Answer> {
    return this.#calls.run(call, (id) => this.#post(id, call))
  }

  async close(): Promise<void> {
    this.#ending.end(undefined)
    this.#surplus.end()
    this.#calls.failAll(
      new GatewayError("service_unavailable", "The connection was closed.", { detail: { sent: true } }),
    )
    await this.#options.client.close()
  }

  #post(id: number, call: OutgoingCall): () => void {
    const { client, limits } = this.#options
    const maxBytes = maxAnswerBytes(call.method, limits)
    const posted = new HttpModernCall(this.#calls, call, { id, maxBytes, surplus: this.#surplus })
    posted.post(client, this.#headers.of(call))
    return () => posted.abort()
  }
}
