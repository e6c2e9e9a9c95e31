/**
 * Carries requests to a modern service over Streamable HTTP: one POST for each, whose response is its own and whose end
 * is its cancellation. No session, nothing to reconnect.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import { GatewayError } from "../../errors.ts"
import type { Carrier, OutgoingCall } from "./carrier.ts"
import { Ending } from "../channels/channel.ts"
import { AnswerReader } from "./http-answer.ts"
import type { HttpClient } from "./http-client.ts"
import { modernHeaders, type FindParamHeaders } from "./http-modern-headers.ts"
import { withoutAnswer } from "./http-refusal.ts"
import type { Answer, Outline } from "../message.ts"
import { OpenCalls } from "./open-calls.ts"
import { encodeRequest } from "../wire.ts"

type HttpModernOptions = {
  readonly client: HttpClient
  readonly maxResultBytes: number
  readonly findParamHeaders: FindParamHeaders
}

export class HttpModernCarrier implements Carrier {
  readonly #options: HttpModernOptions
  readonly #calls = new OpenCalls()
  readonly #ending = new Ending()

  constructor(options: HttpModernOptions) {
    this.#options = options
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  request(call: OutgoingCall): Promise<Answer> {
    return this.#calls.run(call, (id) => this.#post(id, call))
  }

  async close(): Promise<void> {
    this.#ending.end(undefined)
    this.#calls.failAll(
      new GatewayError("service_unavailable", "The connection was closed.", { detail: { sent: true } }),
    )
    await this.#options.client.close()
  }

  #post(id: number, call: OutgoingCall): () => void {
    const { client, maxResultBytes, findParamHeaders } = this.#options
    const { method } = call
    const params = call.params(id)
    let answered = false
    const reader = new AnswerReader({
      maxBytes: maxResultBytes,
      onMessage: (message) => {
        if (!this.#receive(id, call, message)) return
        answered = true
        sending.finish()
      },
      onEnd: () => {
        if (!answered) this.#calls.fail(id, withoutAnswer())
      },
      onFail: (error) => this.#calls.fail(id, error),
    })
    const headers = modernHeaders(method, params, findParamHeaders)
    const lane = method === "subscriptions/listen" ? "aside" : "calls"
    const sending = client.send({ method: "POST", headers, body: encodeRequest(id, method, params), lane }, reader)
    return () => sending.abort()
  }

  /** Whether it was the answer. */
  #receive(id: number, call: OutgoingCall, message: Outline): boolean {
    if (message.kind === "notification") call.notify?.({ method: message.method, params: message.params })
    if (message.kind !== "result" && message.kind !== "error") return false
    // A service that refuses a request before it has read the id answers for null.
    if (message.id && message.id.toString() !== String(id)) return false
    this.#calls.settle(id, message.kind === "result" ? { result: message.result } : { error: message.error })
    return true
  }
}
