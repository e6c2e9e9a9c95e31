/**
 * The two deadlines of one call: an idle one, which progress pushes back, and a hard one, which nothing does. Both stand
 * still while the service waits for an answer of the caller's own, for which there is a deadline elsewhere. When they
 * are looked at: mcp/deadline-wheel.ts.
 */

import { GatewayError } from "../../errors.ts"
import { Canceller, cancellationOf, type Cancellation, type Follower } from "../../mcp/cancellation.ts"
import type { LargeMembers } from "../../mcp/large-members.ts"
import type { Answer, Exchange, Notification } from "../../mcp/message.ts"
import { reasonOf } from "../../mcp/client/open-calls.ts"
import type { DeadlineWheel, Place, Timed } from "../../mcp/deadline-wheel.ts"

export type CallLimits = { readonly idleMs: number; readonly hardMs: number }

/** The caller's exchange under our deadlines: it is cancelled with the caller's, or with a GatewayError `timeout`. */
export class Deadlines implements Exchange, Timed, Follower {
  readonly cancellation = new Canceller()
  readonly session: Exchange["session"]
  readonly ask: Exchange["ask"]
  readonly large: Exchange["large"]
  readonly #caller: Exchange
  readonly #callerCancels: Cancellation
  readonly #limits: CallLimits
  readonly #wheel: DeadlineWheel
  /** Whether the service may have heard of the call. */
  sent = false
  #place: Place | undefined
  /** On the clock of `performance.now()`. */
  #touchedMs: number
  #runsSinceMs: number
  #hardLeftMs: number
  #questions = 0
  #over = false
  #passed = false
  #wasSilent = false

  constructor(exchange: Exchange, limits: CallLimits, wheel: DeadlineWheel) {
    const { ask, large } = exchange
    this.#caller = exchange
    this.#callerCancels = cancellationOf(exchange)
    this.#limits = limits
    this.#wheel = wheel
    this.session = exchange.session
    this.large = large && (() => this.#watch(large()))
    this.ask = ask && ((question, signal) => this.#during(ask(question, signal)))
    this.#touchedMs = this.#runsSinceMs = performance.now()
    this.#hardLeftMs = limits.hardMs
    this.#place = wheel.enter(this, this.#dueMs())
    this.#callerCancels.follow(this)
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  notify(notification: Notification): void {
    if (notification.method === "notifications/progress") this.touch()
    this.#caller.notify(notification)
  }

  /** Whether a part of the answer has gone ahead, so that no other answer can follow. */
  get hasPassed(): boolean {
    return this.#passed
  }

  /** Whether it was ended because the service said nothing, although the caller took all that came. */
  get wasSilent(): boolean {
    return this.#wasSilent && !this.#passed
  }

  /** Something happened: the idle time begins anew. */
  touch(): void {
    this.#touchedMs = performance.now()
  }

  done(): void {
    this.#over = true
    this.#leave()
    this.#callerCancels.unfollow(this)
  }

  onCancelled(): void {
    this.cancellation.abort(reasonOf(this.#callerCancels))
  }

  look(nowMs: number): number | undefined {
    const dueMs = this.#dueMs()
    if (nowMs < dueMs) return dueMs
    const { idleMs, hardMs } = this.#limits
    const isHard = nowMs >= this.#hardDueMs()
    if (!this.sent) {
      this.cancellation.abort(unsent(isHard ? `${hardMs} ms (maxTimeMs)` : `${idleMs} ms (timeoutMs)`))
      return undefined
    }
    this.#wasSilent = nowMs >= this.#touchedMs + idleMs
    this.#expire(
      isHard
        ? `The answer took longer than ${hardMs} ms, the limit (maxTimeMs).`
        : `The service said nothing for ${idleMs} ms, the limit (timeoutMs).`,
    )
    return undefined
  }

  #dueMs(): number {
    return Math.min(this.#touchedMs + this.#limits.idleMs, this.#hardDueMs())
  }

  #hardDueMs(): number {
    return this.#runsSinceMs + this.#hardLeftMs
  }

  /** A service whose answer is under way is not silent; one whose reader has stopped reading is held to be. */
  #watch(large: LargeMembers | undefined): LargeMembers | undefined {
    return (
      large && {
        begin: (name) => {
          this.#passed = true
          large.begin(name)
        },
        write: (piece) => {
          this.touch()
          return large.write(piece)
        },
        whenDrained: (go) => large.whenDrained(go),
      }
    )
  }

  async #during(question: Promise<Answer>): Promise<Answer> {
    if (this.#questions++ === 0) this.#pause()
    try {
      return await question
    } finally {
      this.touch()
      if (--this.#questions === 0 && !this.#over) this.#run()
    }
  }

  #run(): void {
    this.#runsSinceMs = performance.now()
    this.#place = this.#wheel.enter(this, this.#dueMs())
  }

  #pause(): void {
    this.#leave()
    this.#hardLeftMs -= performance.now() - this.#runsSinceMs
  }

  #leave(): void {
    if (this.#place) this.#wheel.leave(this.#place)
  }

  #expire(what: string): void {
    this.cancellation.abort(
      new GatewayError("timeout", `${what} It was told to stop; the call may have had effects.`),
    )
  }
}

function unsent(limit: string): GatewayError {
  const text = `The service could not be reached within ${limit}, the limit; nothing was sent to it.`
  return new GatewayError("timeout", text, { detail: { sent: false } })
}
