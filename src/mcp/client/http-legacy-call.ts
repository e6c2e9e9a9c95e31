/**
 * One request to a legacy service over Streamable HTTP: a POST and, where the service ends the stream before the answer
 * but has numbered its events, GETs that take it up again.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */

import type { GatewayError } from "../../errors.ts"
import { AnswerReader, type StreamState } from "./http-answer.ts"
import type { HttpClient, HttpRequest, Sending } from "./http-client.ts"
import { isInterruption, withoutAnswer } from "./http-refusal.ts"
import type { LargeResultOptions } from "./large-result.ts"
import type { Outline } from "../message.ts"
import type { ResponseHead } from "./response-head.ts"

type HttpLegacyCallOptions = {
  readonly client: HttpClient
  readonly maxBytes: number
  /** The headers of the session, which the first answer may change. */
  readonly sessionHeaders: () => Record<string, string>
  readonly look: (head: ResponseHead) => GatewayError | undefined
  readonly onMessage: (message: Outline) => void
  readonly onFail: (error: GatewayError) => void
  readonly large?: LargeResultOptions
}

type Unaddressed = Omit<HttpRequest, "headers"> & { readonly headers: Readonly<Record<string, string>> }

/** In a row, without an event between them. */
const maxTries = 5
const defaultRetryMs = 1_000
/** Also where the service wants none. */
const leastRetryMs = 50
const maxRetryMs = 30_000

export class HttpLegacyCall {
  readonly #options: HttpLegacyCallOptions
  #sending: Sending | undefined
  #timer: NodeJS.Timeout | undefined
  #lastEventId: string | undefined
  #retryMs = defaultRetryMs
  #tries = 0
  #over = false

  constructor(options: HttpLegacyCallOptions) {
    this.#options = options
  }

  post(body: Buffer): void {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" }
    this.#send({ method: "POST", headers, body, lane: "calls" })
  }

  /** Its answer has come. */
  finish(): void {
    this.#over = true
    this.#sending?.finish()
  }

  abort(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#sending?.abort()
  }

  #send({ headers, ...request }: Unaddressed): void {
    const { client, maxBytes, sessionHeaders, look, onMessage, large } = this.#options
    const reader = new AnswerReader({
      maxBytes,
      refuse: look,
      ...(large && { large }),
      onMessage,
      onEnd: (stream) => {
        if (!this.#over) this.#interrupted(withoutAnswer(), stream)
      },
      onFail: (error, stream) => (isInterruption(error) ? this.#interrupted(error, stream) : this.#fail(error)),
    })
    this.#sending = client.send(
      { ...request, headers: client.headersOf({ ...sessionHeaders(), ...headers }) },
      reader,
    )
    if (this.#over) this.#sending.finish()
  }

  #interrupted(error: GatewayError, { lastEventId, retryMs }: StreamState): void {
    if (this.#over) return
    if (lastEventId !== undefined && lastEventId !== this.#lastEventId) this.#tries = 0
    this.#lastEventId = lastEventId ?? this.#lastEventId
    this.#retryMs = Math.max(leastRetryMs, retryMs ?? this.#retryMs)
    if (this.#lastEventId === undefined || this.#tries === maxTries) return this.#fail(error)
    const delayMs = Math.min(this.#retryMs * 2 ** this.#tries, Math.max(this.#retryMs, maxRetryMs))
    this.#tries += 1
    this.#timer = setTimeout(() => this.#resume(), delayMs)
  }

  #resume(): void {
    const headers = { accept: "text/event-stream", "last-event-id": this.#lastEventId ?? "" }
    this.#send({ method: "GET", headers, lane: "aside" })
  }

  #fail(error: GatewayError): void {
    if (this.#over) return
    this.#over = true
    this.#options.onFail(error)
  }
}
