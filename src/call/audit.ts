/**
 * The audit steps of a call: its start is on record before anything is forwarded, its end before the answer leaves. A
 * call that is refused before its start leaves one entry, the refusal. What lists showed and what was opened is
 * recorded here too.
 *
 * The words of an entry: entry-facts.ts and outcome.ts. Floods of folding: folding.ts. The log itself:
 * domain/audit/log.ts.
 */

import type { Catalog } from "../domain/catalog.ts"
import type { EntryDraft } from "../domain/audit/entry.ts"
import type { EntryRecorder, Payloads } from "../domain/audit/log.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { CallRequest, OpenCall, Steps } from "./call.ts"
import { callerFacts, factsOf, requestFacts, type EntryFacts } from "./entry-facts.ts"
import { outcomeOf, outcomeOfThrown } from "./outcome.ts"
import type { Folding } from "./folding.ts"

export type AuditOptions = {
  readonly recorder: EntryRecorder
  readonly folding: Folding
  /** The snapshot of this moment. */
  readonly catalog: () => Catalog
  /** What is kept of every call whose service says nothing else. */
  readonly payloads: "digest" | "redacted"
  /** Of one redacted copy. */
  readonly copyBytes: number
  /** Epoch ms. */
  readonly now: () => number
}

export type Shown = { readonly kind: "list" | "session" | "subscription"; readonly detail: EntryDraft["detail"] }

export type CallAudit = Pick<Steps, "auditStart" | "auditEnd"> & {
  /**
   * Records what a principal was shown, or what it opened.
   *
   * @throws GatewayError `audit_unavailable`
   */
  shown(principal: ActivePrincipal, request: CallRequest, shown: Shown): Promise<void>
  /** Records that something other than a call was refused. */
  refused(request: CallRequest, thrown: unknown): Promise<void>
}

export function createAudit(options: AuditOptions): CallAudit {
  const { recorder, folding, catalog, now } = options
  return {
    auditStart: async (call) => {
      call.facts = factsOf(catalog(), call)
      const entry: EntryDraft = { ...call.facts, kind: "start", timeMs: call.arrivedMs }
      await recorder.append(entry, startPayloads(options, call))
      call.isRecorded = true
    },
    auditEnd: (call) => {
      const known = call.facts ?? factsOf(catalog(), call)
      return call.isRecorded ? end(options, call, known) : refuse(options, call, known)
    },
    shown: (principal, { caller, request, mount }, { kind, detail }) =>
      folding.add({
        ...callerFacts(caller, principal),
        ...requestFacts(request),
        kind,
        timeMs: now(),
        ...(mount !== undefined && { service: mount }),
        ...(detail && { detail }),
      }),
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

async function end(options: AuditOptions, call: OpenCall, known: EntryFacts): Promise<void> {
  const { result = [], bytes: _bytes, ...measured } = call.measured ?? {}
  const entry: EntryDraft = {
    ...known,
    ...measured,
    kind: "end",
    timeMs: options.now(),
    outcome: outcomeOf(call),
    ...(call.questions !== undefined && {
      detail: { questions: call.questions, answeredBytes: call.answeredBytes ?? 0 },
    }),
  }
  await options.recorder.append(entry, { result, ...copyRule(options, call) }).catch((cause: unknown) => {
    throw withheld(cause)
  })
}

/** What was refused because the log could not be written is counted by the log itself. */
async function refuse({ folding, now }: AuditOptions, call: OpenCall, known: EntryFacts): Promise<void> {
  const outcome = outcomeOf(call)
  if (outcome === "audit_unavailable") return
  await folding.add({ ...known, kind: "refusal", timeMs: now(), outcome, rule: ruleOf(call) })
}

function startPayloads(options: AuditOptions, call: OpenCall): Payloads {
  return call.sent.length > 0 ? { arguments: call.sent, ...copyRule(options, call) } : {}
}

function copyRule({ catalog, payloads, copyBytes }: AuditOptions, { target }: OpenCall): Pick<Payloads, "keep"> {
  const rules =
    target && target.kind !== "operation" ? catalog().offers.get(target.entry.service)?.audit : undefined
  if ((rules?.payloads ?? payloads) === "digest") return {}
  return { keep: { maxBytes: copyBytes, redact: rules?.redact ?? [] } }
}

/** Which step refused, and what it went by. */
function ruleOf({ principal, target, thrown }: OpenCall): string {
  if (!principal) return "credential"
  if (!target) return "unknown"
  if (!(thrown instanceof GatewayError) || thrown.code === "not_found") return grantOf(target)
  const { quota } = thrown.detail
  return typeof quota === "string" ? `quota:${quota}` : `limit:${thrown.code}`
}

function grantOf(target: NonNullable<OpenCall["target"]>): string {
  return target.kind === "operation" ? `permission:${target.tool.permission}` : `grant:${target.entry.kind}`
}

function withheld(cause: unknown): GatewayError {
  const { retryAfterMs } = GatewayError.from(cause)
  return new GatewayError(
    "audit_unavailable",
    "The call was made, but its end cannot be recorded, so its answer is withheld. It may have had effects: look before you call again.",
    { cause, detail: { made: true }, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  )
}
