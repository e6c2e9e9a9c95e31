/**
 * What one worker's calls have taken and begun, kept where a worker that dies cannot take it along. Each call is looked
 * at anew here before it counts: a worker's own picture may be some milliseconds old, and no call passes by it.
 *
 * When the worker is gone, its open calls get an end in the record, and their places are free again.
 */

import type { Allowance, Limiter } from "../../../call/limit.ts"
import { unknownTarget } from "../../../call/target.ts"
import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { Offer } from "../../../domain/catalog.ts"
import type { EntryRecorder, Payloads } from "../../../domain/audit/log.ts"
import { isHeldBack } from "../../../domain/pins/held-back.ts"
import type { CompiledPolicies } from "../../../domain/policy/compiled-policies.ts"
import type { ActivePrincipal, Caller } from "../../../domain/principal.ts"
import { GatewayError } from "../../../errors.ts"
import type { Served } from "../../../fleet/calls/stats.ts"
import { sendError, type SentError } from "../line/sent-error.ts"
import type { AboutCalls, Asked, SentEntry } from "../line/messages.ts"

export type AccountOptions = {
  /** @throws GatewayError `unauthenticated` */
  readonly authenticate: (caller: Caller) => ActivePrincipal
  /** @throws GatewayError `service_unavailable` where calls of it are not to be sent now */
  readonly assertServed: (service: string) => void
  /** What the service offers now, and what of it is held back. */
  readonly offerOf: (service: string) => Offer | undefined
  readonly policies: () => CompiledPolicies
  readonly limiter: Limiter
  readonly recorder: EntryRecorder
  readonly onServed: (service: string, served: Served) => void
  /** Epoch ms. */
  readonly now: () => number
}

type Answer = (ask: number, error?: SentError) => void

/** A call that has counted. */
type Begun = { readonly allowance: Allowance; readonly start: EntryDraft; readonly service: string }

type Ended = Extract<AboutCalls, { type: "end" }>

const grantedAs = { tool: "tools", prompt: "prompts", resource: "resources" } as const

export class Account {
  readonly #options: AccountOptions
  readonly #answer: Answer
  readonly #begun = new Map<string, Begun>()
  #closed = false

  constructor(options: AccountOptions, answer: Answer) {
    this.#options = options
    this.#answer = answer
  }

  take(message: AboutCalls, bytes: readonly Buffer[]): void {
    switch (message.type) {
      case "begin":
        return void this.#answering(message.ask, () => this.#begin(message.asked, message.entry, bytes))
      case "append":
        return void this.#answering(message.ask, () => this.#append(message.entry, bytes))
      case "note":
        return this.#options.recorder.note(message.entry.draft)
      case "end":
        return void this.#answering(message.ask, () => this.#end(message, bytes))
    }
  }

  /** The worker is gone. */
  close(): void {
    this.#closed = true
    for (const begun of this.#begun.values()) this.#abandon(begun)
    this.#begun.clear()
  }

  async #answering(ask: number, act: () => Promise<void>): Promise<void> {
    try {
      await act()
      this.#answer(ask)
    } catch (thrown) {
      this.#answer(ask, sendError(thrown))
    }
  }

  async #begin(asked: Asked, { draft, ...entry }: SentEntry, bytes: readonly Buffer[]): Promise<void> {
    const { limiter, recorder } = this.#options
    const allowance = await limiter.limit({ ...asked, principal: this.#authorize(asked, draft) })
    await recorder.append(draft, payloadsOf(entry, bytes)).catch((thrown: unknown) => {
      allowance.giveBack()
      throw thrown
    })
    const begun = { allowance, start: draft, service: asked.service }
    if (this.#closed) this.#abandon(begun)
    else this.#begun.set(draft.callId ?? "", begun)
  }

  /** @throws GatewayError */
  #authorize(asked: Asked, { targetKind }: EntryDraft): ActivePrincipal {
    const { principalId, keyId, service, canonicalName } = asked
    const principal = this.#options.authenticate({ principalId, ...(keyId !== undefined && { keyId }) })
    const kind = targetKind === undefined || targetKind === "operation" ? undefined : targetKind
    const isLetThrough = this.#decidesByPolicy(asked, principal)
    if (
      !kind ||
      !(isLetThrough || principal.may.mayUse(grantedAs[kind], canonicalName)) ||
      this.#isHeldBack(kind, service, canonicalName)
    )
      throw unknownTarget({ kind: kind ?? "method", name: canonicalName })
    this.#options.assertServed(service)
    return principal
  }

  #isHeldBack(kind: keyof typeof grantedAs, service: string, canonicalName: string): boolean {
    return isHeldBack(this.#options.offerOf(service), grantedAs[kind], canonicalName)
  }

  /**
   * Where policies have a part in it the worker has decided, by the same code; what is looked at here is that it decided
   * by what holds now.
   *
   * @throws GatewayError `service_unavailable`
   */
  #decidesByPolicy({ by }: Asked, { principal }: ActivePrincipal): boolean {
    const { isEmpty, revision } = this.#options.policies()
    if (by.policies === revision && (isEmpty || by.principal === principal.version)) return !isEmpty
    const text = "Policies or grants changed while this call was on its way; nothing was sent. Call again."
    throw new GatewayError("service_unavailable", text, { retryAfterMs: 0, detail: { sent: false } })
  }

  async #append({ draft, ...entry }: SentEntry, bytes: readonly Buffer[]): Promise<void> {
    await this.#options.recorder.append(draft, payloadsOf(entry, bytes))
  }

  async #end({ callId, actual, entry }: Ended, bytes: readonly Buffer[]): Promise<void> {
    const begun = this.#begun.get(callId)
    if (!begun) throw new GatewayError("internal", "A call has ended that was never begun.")
    this.#begun.delete(callId)
    begun.allowance.settle(actual)
    const { changes, ...payloads } = entry
    if (hasAnswered(changes)) this.#options.onServed(begun.service, { latencyMs: actual.computeMs })
    await this.#options.recorder.append({ ...begun.start, ...changes }, payloadsOf(payloads, bytes))
  }

  #abandon({ allowance, start }: Begun): void {
    allowance.settle({ bytes: 0, computeMs: 0, costMicroUsd: 0 })
    const { now, recorder } = this.#options
    recorder.note({ ...start, kind: "end", timeMs: now(), outcome: "unknown_after_crash" })
  }
}

const answers: ReadonlySet<unknown> = new Set(["ok", "tool_error", "input_required"])

function hasAnswered({ outcome }: Partial<EntryDraft>): boolean {
  return answers.has(outcome)
}

function payloadsOf({ parts, keep }: Omit<SentEntry, "draft">, bytes: readonly Buffer[]): Payloads {
  const given = Object.fromEntries(parts.map((part, at) => [part, bytes[at] ? [bytes[at]] : []]))
  return { ...given, ...(keep && { keep }) }
}
