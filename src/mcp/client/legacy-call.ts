/** One request to a service of the legacy era: its message, and what the service says or asks ahead of the answer. */

import { GatewayError } from "../../errors.ts"
import { capabilityToAsk, unanswerable } from "../asking.ts"
import type { Cancellation } from "../cancellation.ts"
import { readLegacyRequest, writeLegacyAnswer, writeLegacyParams } from "../era-legacy.ts"
import { largeMethods } from "../large-members.ts"
import type { Answer, ClientFacts, Exchange, Notification, Request } from "../message.ts"
import { readString, toRaw, type RawObject } from "../raw-json.ts"
import { encodeRequest } from "../wire.ts"
import type { OutgoingCall, Question } from "./carrier.ts"
import { relay } from "./relay.ts"

type Asking = NonNullable<Exchange["ask"]>

/** In one call, one after the other: an agent that asks its model more often than that is lost in a loop. */
const maxQuestions = 1_000
const tooMany: Answer = {
  error: { code: -32600, message: `This call has asked ${maxQuestions} times, the limit.` },
}

export class LegacyCall implements OutgoingCall {
  readonly taskId: string | undefined
  readonly ask: OutgoingCall["ask"]
  readonly large: OutgoingCall["large"]
  readonly #request: Request
  readonly #exchange: Exchange
  /** As which we introduced ourselves. */
  readonly #client: ClientFacts
  /** Made with the first question, of which most calls have none. */
  #answered: AbortController | undefined
  #isOver = false
  #asked = 0

  constructor(request: Request, exchange: Exchange, client: ClientFacts) {
    const { ask } = exchange
    this.#request = request
    this.#exchange = exchange
    this.#client = client
    this.taskId = request.method === "tasks/result" ? readString(request.params.get("taskId")) : undefined
    this.large = largeMethods.has(request.method) ? exchange.large : undefined
    this.ask = ask && ((question, signal) => this.#ask(ask, question, signal))
  }

  get method(): string {
    return this.#request.method
  }

  get params(): RawObject {
    return this.#request.params
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  get cancellation(): Cancellation | undefined {
    return this.#exchange.cancellation
  }

  encode(id: number): Buffer {
    const { method, progressToken } = this.#request
    return encodeRequest(id, method, writeLegacyParams(this.#request, progressToken && toRaw(id)))
  }

  notify(notification: Notification): void {
    relay(this.#request, this.#exchange, notification)
  }

  /** A service may answer without having waited for what it asked. */
  end(): void {
    this.#isOver = true
    this.#answered?.abort(over())
  }

  async #ask(ask: Asking, question: Question, signal: AbortSignal): Promise<Answer> {
    if (++this.#asked > maxQuestions) return tooMany
    const request = readLegacyRequest(question, this.#client, undefined)
    const capability = capabilityToAsk[request.method]
    if (!capability || !this.#client.capabilities.has(capability)) return unanswerable(request.method)
    this.#answered ??= new AbortController()
    if (this.#isOver) this.#answered.abort(over())
    return writeLegacyAnswer(request.method, await ask(request, AbortSignal.any([signal, this.#answered.signal])))
  }
}

function over(): GatewayError {
  return new GatewayError("invalid", "The call is over.")
}
