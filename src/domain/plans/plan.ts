/**
 * A plan: a change that was drafted and not made. What it would do is shown to whoever decides; what it is made of is
 * bound by its digest, so that what is applied is what was looked at.
 *
 * What its digest binds: plan-digest.ts. Who may decide on one: plan-rules.ts. How risky it is: risk.ts.
 */

import * as z from "zod"
import { shownChangeSchema, type ShownChange } from "../changes/change-shown.ts"
import type { Collection, Versioned } from "../collection.ts"
import { riskClasses } from "./risk-rules.ts"
import type { Risk } from "./risk.ts"

/**
 * `drafted` by a dry run; `pending` where it waits for an approval. What is kept may be behind the clock: `stateOf` says
 * how a plan stands.
 */
export const planStates = ["drafted", "pending", "approved", "rejected", "applied", "expired"] as const
export type PlanState = (typeof planStates)[number]

/** Who and what a change touches; names are a sample, `count` is all. */
export type Affected = {
  readonly principals: { readonly count: number; readonly names: readonly string[] }
  readonly tools: { readonly count: number; readonly names: readonly string[] }
}

type Decision = { readonly by: string; readonly atMs: number }
export type Approval = Decision & {
  /** Of the key that its giver came with. */
  readonly keyId?: string
  readonly digest: string
  readonly expiresAtMs: number
}

export type Plan = Versioned & {
  readonly operation: string
  /** The operation's input and a nonce, sealed for this plan alone: it may hold secrets. */
  readonly sealed: readonly string[]
  /** The id of a principal. */
  readonly proposedBy: string
  readonly state: PlanState
  /** Ids of principals whose own grants, keys, quotas or rules it changes: they do not decide on it. */
  readonly concerns: readonly string[]
  /**
   * In their place where they are too many to be kept: ids of all that could decide on it when it was made, and whom it
   * is not about. Nobody else does.
   */
  readonly deciders?: readonly string[]
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

export const approvalScopes = ["agents", "all", "off"] as const

/** The settings `governance.*`. */
export type Governance = {
  /** How long a plan may be applied, in ms. */
  readonly planMs: number
  /** How long an approval counts, in ms. */
  readonly approvalMs: number
  /** Whose changes of high risk need an approval: those of agents and workloads, everybody's, nobody's. */
  readonly approval: (typeof approvalScopes)[number]
  /** Open plans of one principal, and of all. */
  readonly plansPerPrincipal: number
  /** The longest time for which access may be asked for. */
  readonly maxAccessMinutes: number
  readonly plans: number
}

const idSchema = z.string().min(1).max(64)
const instantSchema = z.int().nonnegative()
const digestSchema = z.string().length(43)
const decisionSchema = { by: idSchema, atMs: instantSchema }

/** The latest are kept. */
export const maxApprovals = 16

export const maxNotes = 50
export const maxNoteLength = 2_000
/** Names in a list that stands for more. */
const maxNamesShown = 20
/** Ids in either list of who decides. */
export const maxConcerned = 1_000

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
  state: z.enum(planStates),
  concerns: z.array(idSchema).max(maxConcerned),
  deciders: z.array(idSchema).max(maxConcerned).exactOptional(),
  changes: z.array(shownChangeSchema).max(1_000),
  affects: affectedSchema,
  notes: z.array(z.string().max(maxNoteLength)).max(maxNotes),
  risk: riskSchema,
  digest: digestSchema,
  createdAtMs: instantSchema,
  expiresAtMs: instantSchema,
  approvals: z
    .array(
      z.strictObject({
        ...decisionSchema,
        keyId: idSchema.exactOptional(),
        digest: digestSchema,
        expiresAtMs: instantSchema,
      }),
    )
    .max(maxApprovals),
  rejection: z.strictObject({ ...decisionSchema, reason: z.string().max(500) }).exactOptional(),
  appliedAtMs: instantSchema.exactOptional(),
  version: z.int().positive(),
})

/** What was approved counts while the approval does; after it, the plan waits again. */
export function stateOf(plan: Plan, nowMs: number): PlanState {
  if (isOpen(plan) && nowMs >= plan.expiresAtMs) return "expired"
  return plan.state === "approved" && !approvalOf(plan, nowMs) ? "pending" : plan.state
}

/** Whether it could still be applied, were it not too late. */
export function isOpen({ state }: Plan): boolean {
  return state === "drafted" || state === "pending" || state === "approved"
}

/** The approval that counts now. */
export function approvalOf({ approvals, digest }: Plan, nowMs: number): Approval | undefined {
  return approvals.find((approval) => approval.digest === digest && nowMs < approval.expiresAtMs)
}
