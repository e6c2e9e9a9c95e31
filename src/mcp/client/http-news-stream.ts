/**
 * The stream on which a legacy service speaks outside of any call, opened by GET and opened again when it drops. A
 * service need not have one.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server
 */

import { setTimeout as sleep } from "node:timers/promises"
import type { GatewayError } from "../../errors.ts"
import { AnswerReader, type StreamState } from "./http-answer.ts"
import type { HttpClient, Sending } from "./http-client.ts"
import { isInterruption } from "./http-refusal.ts"
import type { Outline } from "../message.ts"
import type { ResponseHead } from "./response-head.ts"

type NewsStreamOptions = {
  readonly client: HttpClient
  readonly maxBytes: number
  readonly sessionHeaders: () => Record<string, string>
  readonly look: (head: ResponseHead) => GatewayError | undefined
  readonly onMessage: (message: Outline) => void
}

const defaultRetryMs = 1_000
const maxDelayMs = 60_000
/** Also where the service wants no pause. */
const leastRetryMs = 50
/** Some services send no head before the first event. */
const headMs = 1_000

export class NewsStream {
  readonly #options: NewsStreamOptions
  #sending: Sending | undefined
  #timer: NodeJS.Timeout | undefined
  #state: StreamState = { lastEventId: undefined, retryMs: undefined }
  /** Streams in a row that brought nothing. */
  #barren = 0
  #closed = false

  constructor(options: NewsStreamOptions) {
    this.#options = options
  }

  /** Resolves when the stream stands, or will not: what is announced from then on is heard, where it can be. */
  async open(): Promise<void> {
    if (this.#closed) return
    const { client, maxBytes, look, sessionHeaders } = this.#options
    const { promise: known, resolve: settle } = Promise.withResolvers<void>()
    const reader = new AnswerReader({
      maxBytes,
      refuse: (head) => {
        settle()
        return look(head)
      },
      onMessage: (message) => this.#receive(message),
      onEnd: (stream) => this.#reopen(stream),
      onFail: (error, stream) => {
        settle()
        if (mayReturn(error)) this.#reopen(stream)
      },
    })
    const { lastEventId } = this.#state
    const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId }
    const headers = client.headersOf({ ...sessionHeaders(), accept: "text/event-stream", ...resume })
    this.#sending = client.send({ method: "GET", headers, lane: "aside" }, reader)
    await Promise.race([known, sleep(headMs, undefined, { ref: false })])
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#sending?.abort()
  }

  #receive(message: Outline): void {
    this.#barren = 0
    this.#options.onMessage(message)
  }

  #reopen({ lastEventId, retryMs }: StreamState): void {
    if (this.#closed) return
    this.#state = { lastEventId: lastEventId ?? this.#state.lastEventId, retryMs: retryMs ?? this.#state.retryMs }
    const leastMs = Math.max(leastRetryMs, this.#state.retryMs ?? defaultRetryMs)
    const delayMs = Math.max(leastMs, Math.min(leastMs * 2 ** this.#barren, maxDelayMs))
    this.#barren += 1
    // Links that one restart has cut do not all come back in the same instant.
    this.#timer = setTimeout(() => void this.open(), delayMs * (1 + Math.random() / 4))
  }
}

/** A service that says it has no such stream is not asked again; one that fails may recover. */
function mayReturn(error: GatewayError): boolean {
  return isInterruption(error) || Number(error.detail["status"]) >= 500
}
