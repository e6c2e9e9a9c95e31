/**
 * One entry of the audit log: what was asked, of whom, with what outcome. Who writes entries: call/audit.ts. How they
 * are chained and proven: chain.ts, merkle.ts, checkpoint.ts, verify.ts. Where they are kept: log.ts has the ports.
 */

import * as z from "zod"
import { errorTable, type ErrorCode } from "../../errors.ts"

/**
 * `start` and `end` are the two of a call. `refusal` is a call that was never begun, or many that had no credential.
 * `list`, `session` and `subscription` are what a principal was shown or opened; `service` is a change in the fleet. The
 * others are the log's own: `opening` and `closing` of a stream, a `gap` in which nothing could be recorded,
 * `rotation` of the signing key, `retention` and `erasure` of what was dropped.
 */
export const entryKinds = [
  "start",
  "end",
  "refusal",
  "list",
  "session",
  "subscription",
  "service",
  "opening",
  "closing",
  "gap",
  "rotation",
  "retention",
  "erasure",
] as const
export type EntryKind = (typeof entryKinds)[number]

export const targetKinds = ["tool", "prompt", "resource", "operation"] as const
export type TargetKind = (typeof targetKinds)[number]

/** How a call ended, beside the codes of our own errors. */
const ownOutcomes = ["ok", "tool_error", "input_required", "cancelled", "unknown_after_crash"] as const
export type Outcome = (typeof ownOutcomes)[number] | ErrorCode
export const outcomes = [...ownOutcomes, ...(Object.keys(errorTable) as ErrorCode[])] as const

/** What is to be recorded, before the log has given it its place. Texts are well-formed Unicode. */
export type EntryDraft = {
  readonly kind: EntryKind
  /** Ms since 1970-01-01 UTC. */
  readonly timeMs: number
  /** The same in the `start` and the `end` of one call. */
  readonly callId?: string
  readonly principalId?: string
  readonly principal?: string
  readonly keyId?: string
  readonly team?: string
  /** What the client says it is: `name/version`. */
  readonly client?: string
  /** The network address of who had no credential. */
  readonly source?: string
  /** Of MCP: `tools/call`. */
  readonly method?: string
  readonly service?: string
  /** The canonical name of the tool, prompt or resource, or the name of the operation. */
  readonly target?: string
  readonly targetKind?: TargetKind
  /** The service's. */
  readonly tags?: readonly string[]
  /** What decided: `unknown`, `grant`, `permission:services:write`, `quota:<id>`. */
  readonly rule?: string
  readonly outcome?: Outcome
  /** From the arrival of the call to its answer, in ms with three decimals. */
  readonly durationMs?: number
  /** The part of it that the service took. */
  readonly computeMs?: number
  readonly costMicroUsd?: number
  /** Of the W3C trace context that came with the call. */
  readonly traceId?: string
  /** Of a refusal that stands for many. */
  readonly count?: number
  /** What is particular to the kind. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>
  /** Of payloads that were too large to be handed over. */
  readonly arguments?: Digested
  readonly result?: Digested
}

/** `digest` is an HMAC-SHA256 under the log's salt, in base64url: equal values are seen to be equal, and no more. */
export type Digested = { readonly bytes: number; readonly digest: string }

/** What is hashed. */
export type Entry = EntryDraft & {
  readonly stream: string
  /** 1 is the stream's `opening`. */
  readonly seq: number
  /** SHA-256 of the redacted copy that is kept beside the entry until it is erased, in base64url. */
  readonly copy?: string
  /** The hash of the entry before it in its stream, in base64url; empty for the first. */
  readonly previous: string
}

/** An entry as it is shown and kept: `hash` is that of its canonical form. */
export type KeptEntry = { readonly entry: Entry; readonly hash: string; readonly copy?: string }

const text = z.string().max(1_024)
const count = z.number().nonnegative()
const digested = z.strictObject({ bytes: z.int().nonnegative(), digest: text })

/** For what comes back from disk or from an export. */
export const entrySchema: z.ZodType<Entry> = z.strictObject({
  stream: text,
  seq: z.int().positive(),
  previous: text,
  kind: z.enum(entryKinds),
  timeMs: z.int(),
  callId: text.exactOptional(),
  principalId: text.exactOptional(),
  principal: text.exactOptional(),
  keyId: text.exactOptional(),
  team: text.exactOptional(),
  client: text.exactOptional(),
  source: text.exactOptional(),
  method: text.exactOptional(),
  service: text.exactOptional(),
  target: z.string().max(8_192).exactOptional(),
  targetKind: z.enum(targetKinds).exactOptional(),
  tags: z.array(text).exactOptional(),
  rule: text.exactOptional(),
  outcome: z.enum(outcomes).exactOptional(),
  durationMs: count.exactOptional(),
  computeMs: count.exactOptional(),
  costMicroUsd: count.exactOptional(),
  traceId: text.exactOptional(),
  count: count.exactOptional(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
  arguments: digested.exactOptional(),
  result: digested.exactOptional(),
  copy: text.exactOptional(),
})
