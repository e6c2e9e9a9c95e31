/**
 * One request to a modern service over Streamable HTTP: a POST whose response is its own, and whose end is its
 * cancellation. What surrounds it: http-modern-carrier.ts.
 */

import type { GatewayError } from "../../errors.ts"
import type { OutgoingCall } from "./carrier.ts"
import { AnswerReader } from "./http-answer.ts"
import type { HttpClient, Sending } from "./http-client.ts"
import { withoutAnswer } from "./http-refusal.ts"
import type { LargeResultOptions } from "./large-result.ts"
import type { Outline } from "../message.ts"
import type { OpenCalls } from "./open-calls.ts"
import type { Surplus } from "./surplus.ts"

type Terms = { readonly id: number; readonly maxBytes: number; readonly surplus: Surplus }

export class HttpModernCall {
  /** Of one message. */
  readonly maxBytes: number
  readonly #calls: OpenCalls
  readonly #call: OutgoingCall
  readonly #id: number
  readonly #surplus: Surplus
  #sending: Sending | undefined
  #answered = false

  constructor(calls: OpenCalls, call: OutgoingCall, { id, maxBytes, surplus }: Terms) {
    this.#calls = calls
    this.#call = call
    this.#id = id
    this.maxBytes = maxBytes
    this.#surplus = surplus
  }

  post(client: HttpClient, headers: readonly string[]): void {
    const lane = this.#call.method === "subscriptions/listen" ? "aside" : "calls"
    const body = this.#call.encode(this.#id)
    this.#sending = client.send({ method: "POST", headers, body, lane }, new AnswerReader(this))
  }

  get large(): LargeResultOptions | undefined {
    const { large } = this.#call
    return large && { id: this.#id, open: large }
  }

  abort(): void {
    this.#sending?.abort()
  }

  onMessage(message: Outline): void {
    if (message.kind === "notification") this.#hear(message)
    else if (message.kind === "request") this.#surplus.drop()
    else this.#settle(message)
  }

  onEnd(): void {
    if (!this.#answered) this.#calls.fail(this.#id, withoutAnswer())
  }

  onFail(error: GatewayError): void {
    this.#calls.fail(this.#id, error)
  }

  /** What is too much ends the stream that brought the last of it. */
  #hear({ method, params }: Outline & { kind: "notification" }): void {
    // That lists have changed is cheap to hear, and told to nobody as it came.
    if (this.#surplus.hears() || method.endsWith("/list_changed")) this.#call.notify?.({ method, params })
  }

  #settle(message: Outline & { kind: "result" | "error" }): void {
    // A service that refuses a request before it has read the id answers for null.
    if (message.id && message.id.toString() !== String(this.#id)) return this.#surplus.drop()
    this.#answered = true
    this.#calls.settle(this.#id, message.kind === "result" ? { result: message.result } : { error: message.error })
    this.#sending?.finish()
  }
}
