/**
 * A plan as operations show it: the one form for all who read it, at whatever door. Of others it names nobody to who may
 * not read principals.
 */

import * as z from "zod"
import { shownChangeSchema } from "../../domain/changes/change-shown.ts"
import {
  affectedSchema,
  planStates,
  riskSchema,
  stateOf,
  type Affected,
  type Plan,
} from "../../domain/plans/plan.ts"
import type { ActivePrincipal } from "../../domain/principal.ts"
import { isoTime, plainLine } from "../plain-text.ts"

export const planRow = z.object({
  id: z.string(),
  operation: z.string(),
  proposedBy: z.string().describe("The name of the principal."),
  state: z.enum(planStates),
  changes: z.array(shownChangeSchema),
  affects: affectedSchema,
  notes: z.array(z.string()),
  risk: riskSchema,
  digest: z.string().describe("Of all that it would do, and of the state that it was made from."),
  createdAt: z.string(),
  expiresAt: z.string(),
  approvals: z.array(z.object({ by: z.string(), at: z.string(), expiresAt: z.string() })),
  patch: z
    .string()
    .optional()
    .describe("Unified, for git apply: what to commit where services come from files that are only read."),
  page: z.string().optional().describe("Where a person looks at it and decides, in a browser."),
  cannotApprove: z.string().optional().describe("Of one that waits: why you do not approve it, and who may."),
  rejection: z.object({ by: z.string(), at: z.string(), reason: z.string() }).optional(),
})

/** One line of a list. */
export const planSummary = z.object({
  id: z.string(),
  operation: z.string(),
  proposedBy: z.string(),
  state: z.enum(planStates),
  subjects: z.array(z.string()).describe("What it would change."),
  risk: riskSchema.shape.class,
  digest: z.string(),
  expiresAt: z.string(),
  page: z.string().optional().describe("Where a person looks at it and decides, in a browser."),
})

type PlanSummary = z.output<typeof planSummary>
const maxSubjects = 10

export function toPlanSummary(plan: Plan, nameOf: (principalId: string) => string, nowMs: number): PlanSummary {
  const { id, operation, proposedBy, changes, risk, digest, expiresAtMs } = plan
  return {
    id,
    operation,
    proposedBy: nameOf(proposedBy),
    state: stateOf(plan, nowMs),
    subjects: changes.slice(0, maxSubjects).map(({ subject, name }) => `${subject} ${name}`),
    risk: risk.class,
    digest,
    expiresAt: isoTime(expiresAtMs),
  }
}

export type PlanRow = z.output<typeof planRow>

export type PlanReader = {
  readonly actor: ActivePrincipal
  readonly nowMs: number
  /** A principal's, by its id. */
  readonly nameOf: (principalId: string) => string
}

export function toPlanRow(plan: Plan, reader: PlanReader): PlanRow {
  const { nameOf, nowMs } = reader
  const { id, operation, proposedBy, changes, affects, notes, risk, digest, approvals, rejection } = plan
  return {
    id,
    operation,
    proposedBy: nameOf(proposedBy),
    state: stateOf(plan, nowMs),
    changes: [...changes],
    affects: { principals: listed(knownTo(reader, affects.principals)), tools: listed(affects.tools) },
    notes: [...notes],
    risk: { class: risk.class, reasons: [...risk.reasons] },
    digest,
    createdAt: isoTime(plan.createdAtMs),
    expiresAt: isoTime(plan.expiresAtMs),
    approvals: approvals.map(({ by, atMs, expiresAtMs }) => ({
      by: nameOf(by),
      at: isoTime(atMs),
      expiresAt: isoTime(expiresAtMs),
    })),
    ...(rejection && {
      rejection: { by: nameOf(rejection.by), at: isoTime(rejection.atMs), reason: rejection.reason },
    }),
  }
}

/** Judged when it is shown: what its reader may know may have changed since it was made. */
function knownTo(
  { actor: { principal, may } }: PlanReader,
  { count, names }: Affected["principals"],
): Affected["principals"] {
  return { count, names: may.holds("principals:read") ? names : names.filter((name) => name === principal.name) }
}

function listed({ count, names }: Affected["tools"]): { count: number; names: string[] } {
  return { count, names: [...names] }
}

/** Whoever decides must see each line whole. */
const maxLineLength = 10_000

export function sayPlan(plan: PlanRow): string {
  const { id, operation, state, changes, affects, notes, risk, digest, expiresAt, patch = "" } = plan
  return [
    `Plan ${id} (${state}): ${operation}, ${risk.class} risk, until ${expiresAt}.`,
    ...changes.flatMap(({ subject, name, effect, diff }) => [
      `${effect} ${subject} ${name}`,
      ...diff.map((line) => `  ${line}`),
    ]),
    ...(changes.length === 0 ? ["Nothing would change."] : []),
    ...risk.reasons.map(({ class: of, reason }) => `${of} risk, because it ${reason}`),
    ...notes,
    `Principals affected: ${affects.principals.count}; tools: ${affects.tools.count}.`,
    `Digest ${digest}`,
    ...patch.split("\n").filter((line) => line !== ""),
  ]
    .map((line) => plainText(line))
    .join("\n")
}

function plainText(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? ""
  return indent + plainLine(line, maxLineLength)
}
