/**
 * The owner's quotas and record as a worker's calls see them: a limiter that lets pass and a recorder that asks. The
 * claim of a call goes to the owner together with its start, in one message, and there the claim is decided first: so
 * what the limit step lets through here is refused, where it must be, by the step after it, before anything is sent.
 */

import type { Allowance, LimitedCall, Limiter } from "../../../call/limit.ts"
import type { OpenCall } from "../../../call/call.ts"
import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { EntryRecorder, Payloads } from "../../../domain/audit/log.ts"
import type { Uses } from "../../../domain/quota/amount.ts"
import { GatewayError } from "../../../errors.ts"
import type { Asked, SentEntry, ToOwner, ToWorker } from "../line/messages.ts"
import { receiveError } from "../line/sent-error.ts"

export type Say = (message: ToOwner, bytes?: readonly (readonly Buffer[])[]) => void

type Ask = PromiseWithResolvers<void> & { readonly sinceMs: number }

/** What a call is about to use. Without a call that was begun there is nothing to give back. */
class Claim implements Allowance {
  readonly states = []
  readonly asked: Asked
  readonly #settle: (callId: string, actual: Omit<Uses, "calls">) => void
  callId: string | undefined

  constructor(
    { principal, ...asked }: LimitedCall,
    settle: (callId: string, actual: Omit<Uses, "calls">) => void,
  ) {
    const {
      principal: { id: principalId },
      keyId,
    } = principal
    this.asked = { ...asked, principalId, ...(keyId !== undefined && { keyId }) }
    this.#settle = settle
  }

  settle(actual: Omit<Uses, "calls">): void {
    if (this.callId !== undefined) this.#settle(this.callId, actual)
  }

  giveBack(): void {}
}

export class OwnerLedger implements EntryRecorder {
  /** The owner knows, and says so to who asks. */
  readonly trouble = undefined
  readonly limiter: Limiter
  readonly #say: Say
  readonly #asks = new Map<number, Ask>()
  /** By the call that they are of, from the limit step to the start. */
  readonly #claims = new Map<string, Claim>()
  #lastAsk = 0
  #isLost = false

  constructor(say: Say) {
    this.#say = say
    const settle = (callId: string, actual: Omit<Uses, "calls">): void => say({ type: "settle", callId, actual })
    this.limiter = { limit: (asked) => new Claim(asked, settle), restore: () => Promise.resolve() }
  }

  /** Tells which call the claim is of, before the call's start is recorded. */
  claimFor({ id, allowance }: OpenCall): void {
    if (!(allowance instanceof Claim)) return
    allowance.callId = id
    this.#claims.set(id, allowance)
  }

  append(draft: EntryDraft, payloads: Payloads = {}): Promise<void> {
    if (this.#isLost) return Promise.reject(lost())
    const claim = draft.kind === "start" && draft.callId !== undefined ? this.#claims.get(draft.callId) : undefined
    const ask = ++this.#lastAsk
    const { entry, bytes } = sentEntry(draft, payloads)
    if (claim?.callId === undefined) this.#say({ type: "append", ask, entry }, bytes)
    else {
      this.#claims.delete(claim.callId)
      this.#say({ type: "begin", ask, asked: claim.asked, entry }, bytes)
    }
    const asked = { ...Promise.withResolvers<void>(), sinceMs: performance.now() }
    this.#asks.set(ask, asked)
    return asked.promise
  }

  note(draft: EntryDraft): void {
    this.#say({ type: "note", entry: { draft, parts: [] } })
  }

  answered({ ask, error }: Extract<ToWorker, { type: "answer" }>): void {
    const asked = this.#asks.get(ask)
    this.#asks.delete(ask)
    if (error) asked?.reject(receiveError(error))
    else asked?.resolve()
  }

  /** Since when the oldest question waits, by `performance.now()`. */
  get waitsSinceMs(): number | undefined {
    const [oldest] = this.#asks.values()
    return oldest?.sinceMs
  }

  /** The owner is gone, and with it all that it keeps. */
  lose(): void {
    this.#isLost = true
    for (const { reject } of this.#asks.values()) reject(lost())
    this.#asks.clear()
  }
}

function sentEntry(
  draft: EntryDraft,
  { keep, ...payloads }: Payloads,
): {
  readonly entry: SentEntry
  readonly bytes: readonly (readonly Buffer[])[]
} {
  const parts = (["arguments", "result"] as const).filter((part) => payloads[part] !== undefined)
  return { entry: { draft, parts, ...(keep && { keep }) }, bytes: parts.map((part) => payloads[part] ?? []) }
}

function lost(): GatewayError {
  const text = "The call cannot be recorded: the gateway's own process has ended. Try again soon."
  return new GatewayError("audit_unavailable", text, { retryAfterMs: 1_000 })
}
