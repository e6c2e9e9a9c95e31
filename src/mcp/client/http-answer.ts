/**
 * Reads the response to one POST or GET into messages, be it one JSON text or a stream of events. Which of them is the
 * answer is left to the carriers, and what of it goes on before it has all come to large-result.ts.
 */

import { GatewayError } from "../../errors.ts"
import { messageTooLarge } from "../channels/channel.ts"
import type { ResponseReader } from "./http-client.ts"
import { refusal, refusalOf } from "./http-refusal.ts"
import { LargeResult, type LargeResultOptions } from "./large-result.ts"
import { largeBytes } from "../large-members.ts"
import type { Outline } from "../message.ts"
import { ProtocolError } from "../protocol-error.ts"
import { fromService, malformedAnswer } from "./service-answer.ts"
import { createSseParser, type SseParser } from "../channels/sse-parser.ts"
import type { Flow, ResponseHead } from "./response-head.ts"
import { readServiceMessages } from "./service-messages.ts"

type AnswerReaderOptions = {
  /** Of one message. */
  readonly maxBytes: number
  readonly onMessage: (message: Outline) => void
  /** The response ended; whether an answer was among its messages is known to whoever took them. */
  readonly onEnd: (stream: StreamState) => void
  readonly onFail: (error: GatewayError, stream: StreamState) => void
  /** Looks at the head first. @returns why the response is no answer, where it is none */
  readonly refuse?: (head: ResponseHead) => GatewayError | undefined
  readonly large?: LargeResultOptions | undefined
}

/** Where a stream stood, for whoever would go on from there. */
export type StreamState = { readonly lastEventId: string | undefined; readonly retryMs: number | undefined }

export class AnswerReader implements ResponseReader {
  readonly #options: AnswerReaderOptions
  #head: ResponseHead | undefined
  #events: SseParser | undefined
  #chunks: Buffer[] = []
  #bytes = 0
  #flow: Flow | undefined
  #large: LargeResult | undefined

  constructor(options: AnswerReaderOptions) {
    this.#options = options
  }

  head(head: ResponseHead, flow: Flow): void {
    const refused = this.#options.refuse?.(head) ?? refusalOf(head)
    if (refused) throw refused
    this.#head = head
    this.#flow = flow
    const type = mediaType(head)
    if (type === "text/event-stream" && head.status < 300) this.#events = this.#parseEvents()
    else if (type !== "application/json") throw notAnswering(head, type)
  }

  data(chunk: Buffer): void {
    if (this.#events) return this.#events.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > this.#options.maxBytes) throw messageTooLarge(this.#options.maxBytes)
    if (this.#large) return this.#pushLarge(this.#large, chunk)
    this.#chunks.push(chunk)
    if (this.#bytes > largeBytes) this.#beginLarge()
  }

  end(): void {
    if (!this.#events) this.#readJson()
    this.#options.onEnd(this.#state())
  }

  fail(error: GatewayError): void {
    this.#options.onFail(error, this.#state())
  }

  #beginLarge(): void {
    const { large } = this.#options
    if (!large || !this.#flow || (this.#head?.status ?? 0) >= 300) return
    this.#large = new LargeResult(large, this.#flow)
    for (const chunk of this.#chunks.splice(0)) this.#pushLarge(this.#large, chunk)
  }

  #pushLarge(large: LargeResult, chunk: Buffer): void {
    fromService(() => large.push(chunk))
  }

  #state(): StreamState {
    return { lastEventId: this.#events?.lastEventId, retryMs: this.#events?.retryMs }
  }

  #parseEvents(): SseParser {
    return createSseParser({
      maxEventBytes: this.#options.maxBytes,
      onEvent: ({ event, data }) => {
        // An event that only carries an id lets us resume after it.
        if (event === "message" && data.length > 0) this.#read(data)
      },
    })
  }

  #readJson(): void {
    const large = this.#large
    const read = large && fromService(() => large.end())
    if (read && !Buffer.isBuffer(read)) return this.#options.onMessage(read)
    const body = read ?? (this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks))
    const status = this.#head?.status ?? 0
    if (status < 300) return this.#read(body ?? Buffer.alloc(0))
    try {
      this.#read(body ?? Buffer.alloc(0))
    } catch (thrown) {
      // A refusal that is JSON but no message of MCP says no more than its status does.
      if (this.#head && isMalformed(thrown)) throw refusal(this.#head, "The service refused the request")
      throw thrown
    }
  }

  #read(bytes: Buffer): void {
    try {
      for (const message of readServiceMessages(bytes)) this.#options.onMessage(message)
    } catch (thrown) {
      throw thrown instanceof ProtocolError ? malformedAnswer(thrown) : thrown
    }
  }
}

function isMalformed(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.cause instanceof ProtocolError
}

function mediaType({ headers: { "content-type": type = "" } }: ResponseHead): string {
  if (type === "application/json") return type
  return type.split(";", 1)[0]?.trim().toLowerCase() ?? ""
}

function notAnswering(head: ResponseHead, type: string): GatewayError {
  if (head.status >= 400) return refusal(head, "The service refused the request")
  const kind = type === "" ? "without content" : `with ${type.slice(0, 60)}`
  return refusal(
    head,
    `The service answered ${kind} instead of JSON or an event stream; check that its url is an MCP endpoint`,
  )
}
