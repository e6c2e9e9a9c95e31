/**
 * Carries requests to a legacy service over Streamable HTTP, and keeps the session that it may have. What comes on the
 * stream of a call belongs to that call; what comes on the stream beside them is told apart as on a pipe.
 *
 * One call: http-legacy-call.ts. The stream beside them: http-news-stream.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */

import { GatewayError } from "../../errors.ts"
import type { OutgoingCall, SessionCarrier } from "./carrier.ts"
import { Ending } from "../channels/channel.ts"
import { deliverAside } from "./http-aside.ts"
import type { HttpClient } from "./http-client.ts"
import { HttpLegacyCall } from "./http-legacy-call.ts"
import { NewsStream } from "./http-news-stream.ts"
import { maxAnswerBytes, type LinkOptions } from "./link.ts"
import type { Answer, Notification, Outline } from "../message.ts"
import { Numbered } from "../numbered.ts"
import { OpenCalls } from "./open-calls.ts"
import { Questions } from "./questions.ts"
import { Surplus } from "./surplus.ts"
import { readString, toRaw, type RawObject } from "../raw-json.ts"
import { encodeNotification } from "../wire.ts"
import type { ResponseHead } from "./response-head.ts"

type HttpLegacyOptions = {
  readonly client: HttpClient
  readonly limits: LinkOptions["limits"]
  /** Told how many messages were too much: surplus.ts. */
  readonly onDropped?: ((messages: number) => void) | undefined
}

/** A call with what carries it, and that one's number among all that carry. */
type Carried = {
  readonly id: number
  readonly call: OutgoingCall
  readonly carrying: HttpLegacyCall
  readonly number: number
}

const noticeMs = 10_000
/** Answers on their way to a service; one that asks on without taking them gets no more. */
const maxReplies = 256
const goodbyeMs = 1_000

export class HttpLegacyCarrier implements SessionCarrier {
  readonly #options: HttpLegacyOptions
  readonly #calls = new OpenCalls()
  readonly #carrying = new Numbered<HttpLegacyCall>()
  readonly #questions: Questions
  readonly #news: NewsStream
  readonly #ending = new Ending()
  readonly #surplus: Surplus
  #sessionId: string | undefined
  #revision: string | undefined
  #replies = 0

  constructor(options: HttpLegacyOptions) {
    this.#options = options
    this.#surplus = new Surplus(options.onDropped)
    this.#questions = new Questions((message) => void this.#reply(message))
    this.#news = new NewsStream({
      client: options.client,
      maxBytes: options.limits.maxResultBytes,
      sessionHeaders: () => this.#sessionHeaders(),
      look: (head) => this.#look(head),
      onMessage: (message) => this.#receive(message, undefined),
    })
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  get inSession(): boolean {
    return this.#sessionId !== undefined
  }

  /** Whether the service has answered `initialize`. */
  get introduced(): boolean {
    return this.#revision !== undefined
  }

  async request(call: OutgoingCall): Promise<Answer> {
    const answer = await this.#calls.run(call, (id) => this.#post(id, call))
    if (call.method === "initialize") this.#revision = readString(answer.result?.get("protocolVersion"))
    return answer
  }

  async notify(method: string, params: RawObject): Promise<void> {
    await this.#tell(encodeNotification(method, params))
    if (method === "notifications/initialized") await this.#news.open()
  }

  follow(listener: (notification: Notification) => void): void {
    this.#calls.follow(listener)
  }

  async close(): Promise<void> {
    this.#ending.end(undefined)
    this.#news.close()
    this.#questions.close()
    this.#surplus.end()
    for (const carrying of this.#carrying.items()) carrying.abort()
    this.#calls.failAll(
      new GatewayError("service_unavailable", "The connection was closed.", { detail: { sent: true } }),
    )
    if (this.#sessionId !== undefined) {
      const goodbye = {
        method: "DELETE",
        headers: this.#options.client.headersOf(this.#sessionHeaders()),
        lane: "aside",
      } as const
      // The service forgets the session by itself when it does not hear of this.
      await deliverAside(this.#options.client, goodbye, { timeoutMs: goodbyeMs }).catch(() => {})
    }
    await this.#options.client.close()
  }

  #post(id: number, call: OutgoingCall): () => void {
    const body = call.encode(id)
    const carrying = new HttpLegacyCall({
      client: this.#options.client,
      maxBytes: maxAnswerBytes(call.method, this.#options.limits),
      sessionHeaders: () => this.#sessionHeaders(),
      look: (head) => (call.method === "initialize" ? this.#begin(head) : this.#look(head)),
      ...(call.large && { large: { id, open: call.large } }),
      onMessage: (message) => this.#receive(message, carried),
      onFail: (error) => {
        this.#carrying.delete(carried.number)
        this.#calls.fail(id, error)
      },
    })
    const carried: Carried = { id, call, carrying, number: this.#carrying.add(carrying) }
    carrying.post(body)
    return () => this.#cancel(carried)
  }

  #cancel({ id, call, carrying, number }: Carried): void {
    this.#carrying.delete(number)
    carrying.abort()
    // The end of the stream alone does not cancel in this era, and the handshake may not be cancelled.
    if (call.method !== "initialize")
      void this.notify("notifications/cancelled", new Map([["requestId", toRaw(id)]])).catch(() => {})
  }

  #receive(message: Outline, carried: Carried | undefined): void {
    try {
      this.#take(message, carried)
    } catch (thrown) {
      if (thrown instanceof GatewayError) this.#expel(thrown)
      throw thrown
    }
  }

  #take(message: Outline, carried: Carried | undefined): void {
    switch (message.kind) {
      case "request":
        if (!this.#surplus.hears()) return this.#questions.refuse(message)
        return void this.#questions.receive(message, carried ? carried.call : this.#calls.asking(message))
      case "notification":
        // That lists have changed is cheap to hear, and told to nobody as it came.
        if (!this.#surplus.hears() && !message.method.endsWith("/list_changed")) return
        if (message.method === "notifications/cancelled")
          return this.#questions.withdraw(message.params.get("requestId"))
        return this.#calls.deliver({ method: message.method, params: message.params }, carried?.call)
      case "result":
      case "error":
        return carried ? this.#settle(message, carried) : this.#surplus.drop()
    }
  }

  #settle(message: Outline & { kind: "result" | "error" }, carried: Carried): void {
    const { id, carrying, number } = carried
    // A service that refuses a request before it has read the id answers for null.
    if (message.id && message.id.toString() !== String(id)) return this.#surplus.drop()
    this.#carrying.delete(number)
    carrying.finish()
    if (message.kind === "result") return void this.#calls.settle(id, { result: message.result })
    if (!message.id && this.#sessionId !== undefined && speaksOfSession(message.error.message)) {
      return this.#calls.fail(id, this.#lose())
    }
    this.#calls.settle(id, { error: message.error })
  }

  #begin({ headers }: ResponseHead): undefined {
    const given = headers["mcp-session-id"]
    if (typeof given === "string" && /^[\x21-\x7e]{1,1024}$/.test(given)) this.#sessionId = given
  }

  #look({ status }: ResponseHead): GatewayError | undefined {
    return status === 404 && this.#sessionId !== undefined ? this.#lose() : undefined
  }

  /** Its holder closes what is left of it. */
  #expel(reason: GatewayError): void {
    this.#ending.end(reason)
    for (const carrying of this.#carrying.items()) carrying.abort()
    this.#calls.failAll(reason)
  }

  #lose(): GatewayError {
    const message = "The service no longer knows our session; it was restarted or has expired."
    const detail = { status: 404, session: "lost", sent: false }
    const lost = new GatewayError("service_unavailable", message, { detail })
    this.#ending.end(lost)
    return lost
  }

  async #reply(message: Buffer): Promise<void> {
    if (this.#replies >= maxReplies) return
    this.#replies += 1
    // A service that does not take it hears nothing more of its question.
    await this.#tell(message).catch(() => {})
    this.#replies -= 1
  }

  #tell(body: Buffer): Promise<void> {
    const headers = this.#options.client.headersOf({
      ...this.#sessionHeaders(),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    })
    const request = { method: "POST", headers, body, lane: "aside" } as const
    return deliverAside(this.#options.client, request, { timeoutMs: noticeMs, look: (head) => this.#look(head) })
  }

  #sessionHeaders(): Record<string, string> {
    return {
      ...(this.#sessionId !== undefined && { "mcp-session-id": this.#sessionId }),
      ...(this.#revision !== undefined && { "mcp-protocol-version": this.#revision }),
    }
  }
}

/** Many services answer an unknown session with 400 and a text of their own, where MCP asks for 404. */
function speaksOfSession(message: string): boolean {
  return /session|not initialized/i.test(message)
}
