/**
 * A call that goes on at its service while the client comes and goes: how a modern client, which cannot be asked, meets
 * a legacy service, which asks in the middle. Each request of the client is a round. It ends with the answer, or with
 * what the service asks meanwhile; the next round brings the client's answers to it.
 *
 * Which parked calls there are, and for how long: parking.ts.
 */

import { GatewayError } from "../../errors.ts"
import { refuseQuestion } from "../../mcp/asking.ts"
import { Canceller, cancellationOf, type Follower } from "../../mcp/cancellation.ts"
import { relay } from "../../mcp/client/relay.ts"
import { passedIn, type LargeMembers } from "../../mcp/large-members.ts"
import type { Answer, Exchange, Notification, Request } from "../../mcp/message.ts"
import { copyOf, sizeOf, type RawObject } from "../../mcp/raw-json.ts"
import { HeldNews } from "./held-news.ts"

export type ParkedCallOptions = {
  /** The request of the first round. */
  readonly request: Request
  /** Makes the call at its service. */
  readonly live: (exchange: Exchange) => Promise<Answer>
  /** Finds room for a call that must wait for its client. @throws GatewayError `overloaded` */
  readonly admit: (call: ParkedCall) => void
  /** Nothing more will come of it. */
  readonly onEnd: (call: ParkedCall) => void
}

/** What a round ends with. */
export type Heard =
  | { readonly answer: Answer; readonly questions?: never }
  | { readonly questions: ReadonlyMap<string, Request> }

type Waiting = { readonly question: Request; readonly settle: (answer: Answer) => void }
type Round = {
  readonly large: Exchange["large"]
  /** Its client has a part of the answer already. */
  isAnswered?: true
  readonly tell: (notification: Notification) => void
  readonly close: (heard: Heard | Promise<Heard>) => void
}

/** Questions of one moment go into one round. */
const gatherMs = 5
/** Of an answer that came while its client was away. */
const maxKeptBytes = 1_048_576
/** Of all questions that wait at once. */
const maxAskedBytes = 4_194_304
const invalidParams = -32602
/** Known to legacy clients alone. */
const untold = "notifications/elicitation/complete"

export class ParkedCall implements Follower {
  readonly #options: ParkedCallOptions
  readonly #stop = new Canceller()
  readonly #waiting = new Map<string, Waiting>()
  readonly #held = new HeldNews()
  /** Of the latest round. */
  #request: Request
  #round: Round | undefined
  #gathering: NodeJS.Timeout | undefined
  #outcome: Promise<Answer> | undefined
  #asked = 0

  constructor(options: ParkedCallOptions) {
    this.#options = options
    this.#request = options.request
    const live = Promise.try(options.live, this.#exchange(this.#stop))
    live.then(
      (answer) => this.#settle(this.#round ? live : keep(answer)),
      () => this.#settle(live),
    )
  }

  /** Lets a request of the client's wait. It is the only one that does; who goes away from it cancels the call. */
  async round(request: Request, exchange: Exchange, answers: ReadonlyMap<string, RawObject>): Promise<Heard> {
    const { promise, resolve } = Promise.withResolvers<Heard>()
    const cancellation = cancellationOf(exchange)
    const close = (heard: Heard | Promise<Heard>): void => {
      this.#round = undefined
      resolve(heard)
    }
    this.#request = request
    const { large } = exchange
    this.#round = { tell: (notification) => relay(request, exchange, notification), close, large }
    cancellation.follow(this)
    for (const notification of this.#held.take()) this.#tell(notification)
    for (const [key, result] of answers) this.#waiting.get(key)?.settle({ result })
    this.#refuseUnanswerable()
    this.#proceed()
    try {
      return await promise
    } finally {
      cancellation.unfollow(this)
    }
  }

  #exchange(stop: Canceller): Exchange {
    return {
      cancellation: stop,
      get signal() {
        return stop.signal
      },
      notify: (notification) => this.#tell(notification),
      ask: (question, signal) => this.#ask(question, signal),
      large: () => this.#openLarge(),
    }
  }

  /** Its client has gone away. */
  onCancelled(reason: unknown): void {
    this.cancel(reason)
  }

  /** Ends it, with its service told. */
  cancel(reason: unknown): void {
    this.#stop.abort(reason)
    if (this.#outcome) this.#end()
  }

  /** Asks the client in this round, or else in the next. */
  async #ask(question: Request, signal: AbortSignal): Promise<Answer> {
    const refused = refuseQuestion(this.#request.client, question) ?? this.#refuseLarge(question)
    if (refused) return refused
    signal.throwIfAborted()
    this.#admit()
    const key = `question-${++this.#asked}`
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const withdraw = (): void => {
      this.#waiting.delete(key)
      reject(signal.reason)
    }
    const settle = (answer: Answer): void => {
      this.#waiting.delete(key)
      signal.removeEventListener("abort", withdraw)
      resolve(answer)
    }
    signal.addEventListener("abort", withdraw, { once: true })
    this.#waiting.set(key, { question: { ...question, params: copyOf(question.params) }, settle })
    this.#proceed()
    return promise
  }

  /** A client need not come back with all that it could do before. */
  #refuseUnanswerable(): void {
    for (const { question, settle } of this.#waiting.values()) {
      const refused = refuseQuestion(this.#request.client, question)
      if (refused) settle(refused)
    }
  }

  #refuseLarge({ params }: Request): Answer | undefined {
    const asked = [...this.#waiting.values()].reduce((sum, { question }) => sum + sizeOf(question.params), 0)
    if (asked + sizeOf(params) <= maxAskedBytes) return undefined
    const message = `The questions of one call may have ${maxAskedBytes} bytes at once.`
    return { error: { code: invalidParams, message } }
  }

  /** Large members go to the client of this round, which ends with the answer then and not with questions. */
  #openLarge(): LargeMembers | undefined {
    const to = this.#round?.large?.()
    if (to && this.#round) this.#round.isAnswered = true
    return to
  }

  #admit(): void {
    try {
      this.#options.admit(this)
    } catch (thrown) {
      this.cancel(thrown)
      throw thrown
    }
  }

  #tell(notification: Notification): void {
    if (notification.method === untold) return
    if (this.#round) return this.#round.tell(notification)
    this.#held.hold(notification)
  }

  #settle(outcome: Promise<Answer>): void {
    this.#outcome = outcome
    outcome.catch(() => {})
    if (this.#round) this.#proceed()
    else if (this.#stop.aborted) this.#end()
  }

  /** Ends the round that is open, if there is something to end it with. */
  #proceed(): void {
    if (!this.#round) return
    if (this.#outcome) {
      this.#round.close(this.#outcome.then((answer) => ({ answer })))
      return this.#end()
    }
    if (this.#waiting.size === 0 || this.#round.isAnswered) return
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      const round = this.#round
      if (round && !round.isAnswered && this.#waiting.size > 0) round.close({ questions: this.#questions() })
    }, gatherMs)
  }

  #questions(): ReadonlyMap<string, Request> {
    return new Map([...this.#waiting].map(([key, { question }]) => [key, question]))
  }

  #end(): void {
    clearTimeout(this.#gathering)
    this.#held.take()
    this.#options.onEnd(this)
  }
}

/** An answer that must wait for its client: not a large one, for as long as many others may. */
async function keep(answer: Answer): Promise<Answer> {
  // It cannot be, for such a round ends with its answer; and if it were, its client would get half of it.
  if (answer.result && passedIn(answer.result).length > 0)
    throw new GatewayError("internal", "An answer was split.")
  if (sizeIn(answer) <= maxKeptBytes) return answer.result ? { result: copyOf(answer.result) } : answer
  const text = `The answer came while its client was away, and is larger than the ${maxKeptBytes} bytes kept then.`
  throw new GatewayError("too_large", text)
}

function sizeIn({ result, error }: Answer): number {
  return result ? sizeOf(result) : error.message.length + (error.data?.length ?? 0)
}
