/**
 * The owner's quotas and record as a worker's calls see them: a limiter that lets pass and a recorder that asks. The
 * claim of a call goes to the owner together with its start, in one message, and there the claim is decided first: so
 * what the limit step lets through here is refused, where it must be, by the step after it, before anything is sent.
 */

import type { OpenCall } from "../../../call/call.ts"
import type { Allowance, LimitedCall, Limiter } from "../../../call/limit.ts"
import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { EntryRecorder, Payloads } from "../../../domain/audit/log.ts"
import { GatewayError } from "../../../errors.ts"
import type { Actual, Asked, SentEntry, ToOwner, ToWorker } from "../line/messages.ts"
import { receiveError } from "../line/sent-error.ts"

export type Say = (message: ToOwner, bytes?: readonly (readonly Buffer[])[]) => void

type Question = PromiseWithResolvers<void> & { readonly sinceMs: number }

/** What a call is about to use. Without a call that was begun there is nothing to give back. */
class Claim implements Allowance {
  readonly states = []
  readonly asked: Asked
  /** Once it is on record. */
  start: EntryDraft | undefined
  actual: Actual = { bytes: 0, computeMs: 0, costMicroUsd: 0 }

  constructor({ principal, ...asked }: LimitedCall, policies: number) {
    const { id: principalId, version } = principal.principal
    const by = { policies, principal: version }
    this.asked = { ...asked, principalId, by, ...(principal.keyId !== undefined && { keyId: principal.keyId }) }
  }

  /** The end of the call, which follows, takes it along. */
  settle(actual: Actual): void {
    this.actual = actual
  }

  giveBack(): void {}
}

export class OwnerLedger implements EntryRecorder {
  /** The owner knows, and says so to who asks. */
  readonly trouble = undefined
  readonly limiter: Limiter
  readonly #say: Say
  readonly #questions = new Map<number, Question>()
  /** By the call that they are of, from the limit step to its end. */
  readonly #claims = new Map<string, Claim>()
  #lastAsk = 0
  #isLost = false

  /** @param policies the revision that this moment's calls are let through by */
  constructor(say: Say, policies: () => number) {
    this.#say = say
    this.limiter = { limit: (asked) => new Claim(asked, policies()), restore: () => Promise.resolve() }
  }

  /** Tells which call the claim is of, before the call's start is recorded. */
  claimFor({ id, allowance }: OpenCall): void {
    if (allowance instanceof Claim) this.#claims.set(id, allowance)
  }

  append(draft: EntryDraft, payloads: Payloads = {}): Promise<void> {
    if (this.#isLost) return Promise.reject(lost())
    const claim = this.#claims.get(draft.callId ?? "")
    if (claim && draft.kind === "start") return this.#begin(claim, draft, payloads)
    if (claim?.start && draft.kind === "end") return this.#end(claim.start, claim.actual, draft, payloads)
    const { sent, bytes } = sentWith(payloads)
    return this.#ask((ask) => this.#say({ type: "append", ask, entry: { draft, ...sent } }, bytes))
  }

  note(draft: EntryDraft): void {
    this.#say({ type: "note", entry: { draft, parts: [] } })
  }

  answered({ ask, error }: Extract<ToWorker, { type: "answer" }>): void {
    const question = this.#questions.get(ask)
    this.#questions.delete(ask)
    if (error) question?.reject(receiveError(error))
    else question?.resolve()
  }

  /** Since when the oldest question waits, by `performance.now()`. */
  get waitsSinceMs(): number | undefined {
    const [oldest] = this.#questions.values()
    return oldest?.sinceMs
  }

  /** The owner is gone, and with it all that it keeps. */
  lose(): void {
    this.#isLost = true
    for (const { reject } of this.#questions.values()) reject(lost())
    this.#questions.clear()
  }

  async #begin(claim: Claim, draft: EntryDraft, payloads: Payloads): Promise<void> {
    const { sent, bytes } = sentWith(payloads)
    const entry = { draft, ...sent }
    try {
      await this.#ask((ask) => this.#say({ type: "begin", ask, asked: claim.asked, entry }, bytes))
      claim.start = draft
    } catch (thrown) {
      this.#claims.delete(draft.callId ?? "")
      throw thrown
    }
  }

  #end(start: EntryDraft, actual: Actual, end: EntryDraft, payloads: Payloads): Promise<void> {
    const { callId = "" } = end
    this.#claims.delete(callId)
    const { sent, bytes } = sentWith(payloads)
    const entry = { changes: changesOf(start, end), ...sent }
    return this.#ask((ask) => this.#say({ type: "end", ask, callId, actual, entry }, bytes))
  }

  #ask(say: (ask: number) => void): Promise<void> {
    const ask = ++this.#lastAsk
    const question = { ...Promise.withResolvers<void>(), sinceMs: performance.now() }
    this.#questions.set(ask, question)
    say(ask)
    return question.promise
  }
}

type Sending = { readonly sent: Omit<SentEntry, "draft">; readonly bytes: readonly (readonly Buffer[])[] }

function sentWith({ keep, ...payloads }: Payloads): Sending {
  const parts = (["arguments", "result"] as const).filter((part) => payloads[part] !== undefined)
  return { sent: { parts, ...(keep && { keep }) }, bytes: parts.map((part) => payloads[part] ?? []) }
}

/** Both are made from the same facts, which are not sent twice. */
function changesOf(start: EntryDraft, end: EntryDraft): Partial<EntryDraft> {
  const before: Readonly<Record<string, unknown>> = start
  return Object.fromEntries(Object.entries(end).filter(([member, value]) => before[member] !== value))
}

function lost(): GatewayError {
  const text = "The call cannot be recorded: the gateway's own process has ended. Try again soon."
  return new GatewayError("audit_unavailable", text, { retryAfterMs: 1_000 })
}
