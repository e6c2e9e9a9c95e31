/**
 * The audit steps of a call: its start is on record before anything is forwarded, its end before the answer leaves. A
 * call that is refused before its start leaves one entry, the refusal. What lists showed and what was opened is
 * recorded here too.
 *
 * The words of an entry: entry-facts.ts and outcome.ts. What goes with it: payloads.ts. Floods of folding: folding.ts. The log itself:
 * domain/audit/log.ts.
 */

import type { EntryDraft } from "../domain/audit/entry.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { CallRequest, OpenCall, Steps } from "./call.ts"
import { callerFacts, factsOf, requestFacts, type EntryFacts } from "./entry-facts.ts"
import type { DigestFor } from "./large-result.ts"
import { outcomeOf, outcomeOfThrown } from "./outcome.ts"
import { digestFor, endPayloads, startPayloads, type PayloadOptions } from "./payloads.ts"
import type { Folding } from "./folding.ts"

export type AuditOptions = PayloadOptions & {
  readonly folding: Folding
  /** Epoch ms. */
  readonly now: () => number
}

export type Shown = { readonly kind: "list" | "session" | "subscription"; readonly detail: EntryDraft["detail"] }

type Asked = Pick<CallRequest, "caller" | "mount" | "request">

export type CallAudit = Pick<Steps, "auditStart" | "auditEnd"> & {
  /**
   * Records what a principal was shown, or what it opened.
   *
   * @throws GatewayError `audit_unavailable`
   */
  shown(principal: ActivePrincipal, request: CallRequest, shown: Shown): Promise<void>
  /**
   * Records that something other than a call was refused.
   *
   * @returns the call id of the entry
   * @throws GatewayError `audit_unavailable`
   */
  refused(request: Asked, thrown: unknown): Promise<string | undefined>
  /** Gives none where a copy of the result is to be kept. */
  readonly digestFor: DigestFor
}

export function createAudit(options: AuditOptions): CallAudit {
  const { recorder, folding, catalog, now } = options
  return {
    auditStart: (call) => {
      call.facts = factsOf(catalog(), call)
      const { digested, payloads } = startPayloads(options, call)
      const entry: EntryDraft = { ...call.facts, ...digested, kind: "start", timeMs: call.arrivedMs }
      return recorder.append(entry, payloads)
    },
    auditEnd: (call) => {
      const known = call.facts ?? factsOf(catalog(), call)
      return call.isRecorded ? end(options, call, known) : refuse(options, call, known)
    },
    digestFor: (call) => digestFor(options, call),
    shown: async (principal, { caller, request, mount }, { kind, detail }) => {
      await folding.add({
        ...callerFacts(caller, principal),
        ...requestFacts(request),
        kind,
        timeMs: now(),
        ...(mount !== undefined && { service: mount }),
        ...(detail && { detail }),
      })
    },
    refused: ({ caller, request, mount }, thrown) =>
      folding.add({
        ...callerFacts(caller, undefined),
        ...requestFacts(request),
        kind: "refusal",
        timeMs: now(),
        outcome: outcomeOfThrown(thrown),
        rule: "request",
        ...(mount !== undefined && { service: mount }),
      }),
  }
}

function end(options: AuditOptions, call: OpenCall, known: EntryFacts): Promise<void> {
  const { result = [], bytes: _bytes, ...measured } = call.measured ?? {}
  const entry: EntryDraft = {
    ...known,
    ...measured,
    kind: "end",
    timeMs: options.now(),
    outcome: outcomeOf(call),
    ...detailOf(call, known),
  }
  const { digested, payloads } = endPayloads(options, call, result)
  return options.recorder.append({ ...entry, ...digested }, payloads).catch((cause: unknown) => {
    throw withheld(cause, call.id)
  })
}

function detailOf(call: OpenCall, { detail }: EntryFacts): Pick<EntryDraft, "detail"> {
  const { questions, answeredBytes = 0, large, answer, thrown, confirmedPlan } = call
  const asked = questions !== undefined && { questions, answeredBytes }
  // Its client got a part, and was cut off.
  const cut = large && !answer && { incomplete: true }
  const planned = thrown instanceof GatewayError && planOf(thrown)
  const confirmed = confirmedPlan !== undefined && { plan: confirmedPlan, confirmedAt: "client" }
  const isMore = asked || cut || planned || confirmed
  return isMore ? { detail: { ...detail, ...asked, ...cut, ...planned, ...confirmed } } : {}
}

/** The plan that a change waits for, or was refused by. */
function planOf({ detail: { plan } }: GatewayError): { readonly plan: string } | false {
  return typeof plan === "string" && { plan }
}

/** What was refused because the log could not be written is counted by the log itself. */
async function refuse({ folding, now }: AuditOptions, call: OpenCall, known: EntryFacts): Promise<void> {
  const outcome = outcomeOf(call)
  if (outcome === "audit_unavailable") return
  const refusedAs = await folding.add({ ...known, kind: "refusal", timeMs: now(), outcome, rule: ruleOf(call) })
  if (refusedAs !== undefined) call.refusedAs = refusedAs
}

/** Which step refused, and what it went by. */
function ruleOf({ principal, target, thrown, decision }: OpenCall): string {
  if (!principal) return "credential"
  if (!target) return "unknown"
  if (decision?.allowed === false) return decision.rule?.name ?? grantOf(target)
  if (!(thrown instanceof GatewayError) || thrown.code === "not_found") return grantOf(target)
  const { quota } = thrown.detail
  return typeof quota === "string" ? `quota:${quota}` : `limit:${thrown.code}`
}

function grantOf(target: NonNullable<OpenCall["target"]>): string {
  return target.kind === "operation" ? `permission:${target.tool.permission}` : `grant:${target.entry.kind}`
}

function withheld(cause: unknown, callId: string): GatewayError {
  const { retryAfterMs } = GatewayError.from(cause)
  return new GatewayError(
    "audit_unavailable",
    "The call was made, but its end cannot be recorded, so its answer is withheld. It may have had effects: look before you call again.",
    { cause, callId, detail: { made: true }, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  )
}
