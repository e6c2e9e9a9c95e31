/**
 * What a service of the legacy era asks us while a call of ours is open. A ping is answered here, everything else by
 * the caller behind that call, or by a refusal at once: nothing a service asks may wait for nobody.
 */

import { unanswerable } from "../asking.ts"
import type { OutgoingCall, Question } from "./carrier.ts"
import type { Answer } from "../message.ts"
import { noMembers, type RawJson } from "../raw-json.ts"
import { encodeAnswer, toRpcError } from "../wire.ts"

/** A service that asks more than this at once is answered with refusals. */
const maxOpen = 64
const invalidRequest = -32600

export class Questions {
  readonly #open = new Map<string, AbortController>()
  readonly #reply: (message: Buffer) => void

  constructor(reply: (message: Buffer) => void) {
    this.#reply = reply
  }

  /** @param call the one it belongs to; undefined where that cannot be told */
  async receive(question: Question, call: OutgoingCall | undefined): Promise<void> {
    if (question.method === "ping") return this.#reply(encodeAnswer(question.id, { result: noMembers }))
    const ask = call?.ask
    if (!ask || this.#open.size >= maxOpen)
      return this.#reply(encodeAnswer(question.id, unanswerable(question.method)))
    const key = question.id.toString()
    // A second one would not count as open, nor could it be withdrawn.
    if (this.#open.has(key)) return this.#reply(encodeAnswer(question.id, stillOpen))
    const withdrawn = new AbortController()
    this.#open.set(key, withdrawn)
    const signal = AbortSignal.any([withdrawn.signal, call.signal])
    const answer = await Promise.try(() => ask(question, signal)).catch((thrown: unknown): Answer => ({
      error: toRpcError(thrown),
    }))
    this.#open.delete(key)
    if (!withdrawn.signal.aborted) this.#reply(encodeAnswer(question.id, answer))
  }

  /** It has asked too much of late. */
  refuse({ id }: Question): void {
    this.#reply(encodeAnswer(id, tooMuch))
  }

  /** The service wants no answer any more. */
  withdraw(id: RawJson | undefined): void {
    if (id) this.#open.get(id.toString())?.abort()
  }

  close(): void {
    for (const withdrawn of this.#open.values()) withdrawn.abort()
  }
}

const tooMuch: Answer = { error: { code: invalidRequest, message: "Too many requests at once; ask fewer." } }
const stillOpen: Answer = { error: { code: invalidRequest, message: "A request with this id is still open." } }
