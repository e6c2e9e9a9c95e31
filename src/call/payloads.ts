/**
 * What goes with the entries of a call beside its words: the arguments and the result, of which the log keeps a digest, or
 * a redacted copy where somebody wants one. What is large is digested here, for a copy would be made to hand it over.
 */

import type { Catalog } from "../domain/catalog.ts"
import type { Digested, EntryDraft } from "../domain/audit/entry.ts"
import type { EntryRecorder, Payloads, RunningDigest } from "../domain/audit/log.ts"
import { largeBytes } from "../mcp/large-members.ts"
import type { OpenCall } from "./call.ts"
import type { Measured } from "./meter.ts"
import { lengthOf } from "./sent.ts"

export type PayloadOptions = {
  readonly recorder: EntryRecorder
  /** The snapshot of this moment. */
  readonly catalog: () => Catalog
  /** What is kept of every call whose service says nothing else. */
  readonly payloads: "digest" | "redacted"
  /** Of one redacted copy. */
  readonly copyBytes: number
}

/** What goes with an entry: its payloads, or the digests of those too large to be copied for another thread. */
type HandedOver = {
  readonly digested?: Pick<EntryDraft, "arguments" | "result">
  readonly payloads?: Payloads
}

export function startPayloads(options: PayloadOptions, call: OpenCall): HandedOver {
  const { sent } = call
  if (sent.length === 0) return {}
  const digested = digestLarge(options, call, sent)
  return digested
    ? { digested: { arguments: digested } }
    : { payloads: { arguments: sent, ...copyRule(options, call) } }
}

export function endPayloads(options: PayloadOptions, call: OpenCall, result: Measured["result"]): HandedOver {
  if ("digest" in result) return { digested: { result } }
  const digested = digestLarge(options, call, result)
  return digested ? { digested: { result: digested } } : { payloads: { result, ...copyRule(options, call) } }
}

function digestLarge(options: PayloadOptions, call: OpenCall, pieces: readonly Buffer[]): Digested | undefined {
  const digest = lengthOf(pieces) > largeBytes ? digestFor(options, call) : undefined
  for (const piece of pieces) digest?.add(piece)
  return digest?.end()
}

/** Undefined where a copy is to be kept. */
export function digestFor(options: PayloadOptions, call: OpenCall): RunningDigest | undefined {
  return copyRule(options, call).keep ? undefined : options.recorder.digest?.()
}

function copyRule({ catalog, payloads, copyBytes }: PayloadOptions, { target }: OpenCall): Pick<Payloads, "keep"> {
  const rules =
    target && target.kind !== "operation" ? catalog().offers.get(target.entry.service)?.audit : undefined
  if ((rules?.payloads ?? payloads) === "digest") return {}
  return { keep: { maxBytes: copyBytes, redact: rules?.redact ?? [] } }
}
