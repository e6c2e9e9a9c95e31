/**
 * Carries requests over a channel (stdio, WebSocket, HTTP+SSE), where everything both sides say shares one pipe.
 * The pipe itself: channel.ts. Whose message is whose: open-calls.ts.
 */

import { GatewayError } from "../../errors.ts"
import type { OutgoingCall, SessionCarrier } from "./carrier.ts"
import type { Channel } from "../channels/channel.ts"
import type { Answer, Notification, Outline } from "../message.ts"
import { OpenCalls } from "./open-calls.ts"
import { ProtocolError } from "../protocol-error.ts"
import { Questions } from "./questions.ts"
import { toRaw, type RawJson, type RawObject } from "../raw-json.ts"
import { Surplus } from "./surplus.ts"
import { malformedAnswer } from "./service-answer.ts"
import { encodeNotification } from "../wire.ts"
import { readServiceMessages } from "./service-messages.ts"

/** Requests that may not be cancelled: the handshake, and what probes for it. */
const uncancelled = new Set(["initialize", "server/discover"])

export class DuplexCarrier implements SessionCarrier {
  readonly closed: Promise<GatewayError | undefined>
  readonly inSession = true
  readonly #channel: Channel
  readonly #calls = new OpenCalls()
  readonly #questions: Questions
  readonly #surplus: Surplus
  #lost: GatewayError | undefined
  /** Why we ended it, where the service gave us cause. */
  #expelled: GatewayError | undefined

  /** @param onDropped told how many messages were too much: surplus.ts */
  constructor(channel: Channel, onDropped?: (messages: number) => void) {
    this.#channel = channel
    this.#surplus = new Surplus(onDropped)
    this.#questions = new Questions((message) => channel.send(message, () => {}))
    this.closed = channel.closed.then((reason) => this.#end(reason ?? this.#expelled))
    channel.listen((bytes) => this.#read(bytes))
  }

  async request(call: OutgoingCall): Promise<Answer> {
    if (this.#lost) throw lostBefore(this.#lost)
    return this.#calls.run(call, (id) => {
      this.#channel.send(call.encode(id), (reason) => this.#calls.fail(id, reason))
      return () => this.#cancel(call.method, id)
    })
  }

  async notify(method: string, params: RawObject): Promise<void> {
    this.#channel.send(encodeNotification(method, params), () => {})
  }

  follow(listener: (notification: Notification) => void): void {
    this.#calls.follow(listener)
  }

  async close(): Promise<void> {
    this.#channel.close()
    await this.closed
  }

  #cancel(method: string, id: number): void {
    if (!uncancelled.has(method)) void this.notify("notifications/cancelled", new Map([["requestId", toRaw(id)]]))
  }

  #end(reason: GatewayError | undefined): GatewayError | undefined {
    const message = reason
      ? `The connection to the service was lost: ${reason.message}`
      : "The connection was closed."
    this.#lost = new GatewayError("service_unavailable", message, { detail: { sent: true }, cause: reason })
    this.#calls.failAll(this.#lost)
    this.#questions.close()
    this.#surplus.end()
    return reason
  }

  #read(bytes: Buffer): void {
    try {
      this.#readMessages(bytes)
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown
      this.#expelled = thrown
      this.#channel.close()
    }
  }

  #readMessages(bytes: Buffer): void {
    try {
      for (const message of readServiceMessages(bytes)) this.#receive(message)
    } catch (thrown) {
      // A line that is no message is noise: many a service logs to the pipe it should keep clean.
      if (!(thrown instanceof ProtocolError)) throw thrown
      this.#calls.fail(thrown.id, malformedAnswer(thrown))
      this.#surplus.drop()
    }
  }

  #receive(message: Outline): void {
    switch (message.kind) {
      case "result":
        return this.#settle(message.id, { result: message.result })
      case "error":
        return this.#settle(message.id, { error: message.error })
      case "request":
        if (!this.#surplus.hears()) return this.#questions.refuse(message)
        return void this.#questions.receive(message, this.#calls.asking(message))
      case "notification":
        // That lists have changed is cheap to hear, and told to nobody as it came.
        if (!this.#surplus.hears() && !message.method.endsWith("/list_changed")) return
        if (message.method === "notifications/cancelled")
          return this.#questions.withdraw(message.params.get("requestId"))
        return this.#calls.deliver({ method: message.method, params: message.params })
    }
  }

  #settle(id: RawJson | undefined, answer: Answer): void {
    if (!this.#calls.settle(id, answer)) this.#surplus.drop()
  }
}

function lostBefore({ message, cause }: GatewayError): GatewayError {
  return new GatewayError("service_unavailable", message, { detail: { sent: false }, cause })
}
