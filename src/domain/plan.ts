/**
 * A plan: a change that was drafted and not made. What it would do is shown to whoever decides; what it is made of is
 * bound by its digest, so that what is applied is what was looked at.
 *
 * How changes are drafted, approved and applied: operations/plans.ts. How risky they are: risk.ts.
 */

import canonicalize from "canonicalize"
import * as z from "zod"
import { GatewayError } from "../errors.ts"
import { sha256 } from "./audit/sha256.ts"
import type { Change } from "./change.ts"
import { shownChangeSchema, type ShownChange } from "./change-shown.ts"
import type { Collection, Versioned } from "./collection.ts"
import { riskClasses, type Risk } from "./risk.ts"

/** As kept. Whether one has expired, the clock says: `stateOf`. */
const keptStates = ["drafted", "pending", "approved", "rejected", "applied"] as const
export const planStates = [...keptStates, "expired"] as const
export type PlanState = (typeof planStates)[number]

/** Who and what a change touches; names are a sample, `count` is all. */
export type Affected = {
  readonly principals: { readonly count: number; readonly names: readonly string[] }
  readonly tools: { readonly count: number; readonly names: readonly string[] }
}

type Decision = { readonly by: string; readonly atMs: number }
type Approval = Decision & { readonly digest: string; readonly expiresAtMs: number }

export type Plan = Versioned & {
  readonly operation: string
  /** The operation's input and a nonce, sealed for this plan alone: it may hold secrets. */
  readonly sealed: readonly string[]
  /** The id of a principal. */
  readonly proposedBy: string
  readonly state: (typeof keptStates)[number]
  readonly changes: readonly ShownChange[]
  readonly affects: Affected
  readonly notes: readonly string[]
  readonly risk: Risk
  readonly digest: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly approvals: readonly Approval[]
  readonly rejection?: Decision & { readonly reason: string }
  readonly appliedAtMs?: number
}

export type Plans = Collection<Plan>

/** The settings `governance.*`. */
export type Governance = {
  /** How long a plan may be applied, in ms. */
  readonly planMs: number
}

const idSchema = z.string().min(1).max(64)
const instantSchema = z.int().nonnegative()
const digestSchema = z.string().length(43)
const decisionSchema = { by: idSchema, atMs: instantSchema }

/** Names in a list that stands for more. */
const maxNamesShown = 20

export const affectedSchema = z.strictObject({
  principals: z.strictObject({
    count: z.int().nonnegative(),
    names: z.array(z.string().max(256)).max(maxNamesShown),
  }),
  tools: z.strictObject({ count: z.int().nonnegative(), names: z.array(z.string().max(512)).max(maxNamesShown) }),
})

export const riskSchema = z.strictObject({
  class: z.enum(riskClasses),
  reasons: z
    .array(z.strictObject({ rule: z.string().max(64), class: z.enum(riskClasses), reason: z.string().max(300) }))
    .max(64),
})

export const planSchema = z.strictObject({
  id: idSchema,
  operation: z.string().max(64),
  sealed: z.array(z.string()).min(1).max(64),
  proposedBy: idSchema,
  state: z.enum(keptStates),
  changes: z.array(shownChangeSchema).max(1_000),
  affects: affectedSchema,
  notes: z.array(z.string().max(2_000)).max(50),
  risk: riskSchema,
  digest: digestSchema,
  createdAtMs: instantSchema,
  expiresAtMs: instantSchema,
  approvals: z
    .array(z.strictObject({ ...decisionSchema, digest: digestSchema, expiresAtMs: instantSchema }))
    .max(16),
  rejection: z.strictObject({ ...decisionSchema, reason: z.string().max(500) }).exactOptional(),
  appliedAtMs: instantSchema.exactOptional(),
  version: z.int().positive(),
})

/** What a digest binds. `nonce` is kept secret: without it, a digest would let secrets in the input be guessed. */
export type Bound = {
  readonly nonce: string
  readonly operation: string
  readonly input: unknown
  readonly changes: readonly Change[]
}

/**
 * 43 characters of base64url. Drafted again from the same state it is the same, whatever ids, keys and times are drawn
 * anew; those follow from the input.
 *
 * @throws GatewayError `invalid` for texts that are not well-formed Unicode
 */
export function digestOf({ nonce, operation, input, changes }: Bound): string {
  try {
    const bound = { nonce, operation, input, changes: changes.map(boundOf) }
    return sha256(canonicalize(JSON.parse(JSON.stringify(bound))) ?? "").toString("base64url")
  } catch (cause) {
    throw new GatewayError("invalid", "A text in this is not well-formed Unicode; correct it.", { cause })
  }
}

function boundOf(change: Change): unknown {
  if (change.subject === "deed") return { subject: change.subject, name: change.name }
  if (change.subject === "service") return change
  const { subject, name, before, after } = change
  return { subject, name: before && name, before, after: after && withoutDrawn(after) }
}

/** What is different each time it is drafted. */
const drawn = new Set([
  "id",
  "hash",
  "passwordHash",
  "counter",
  "createdAtMs",
  "changedAtMs",
  "expiresAtMs",
  "revokedAtMs",
])

function withoutDrawn(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (name, member: unknown) => (drawn.has(name) ? undefined : member)))
}

export function stateOf({ state, expiresAtMs }: Plan, nowMs: number): PlanState {
  const isOpen = state === "drafted" || state === "pending" || state === "approved"
  return isOpen && nowMs >= expiresAtMs ? "expired" : state
}
