/**
 * A quota: how much of something, in which time, one principal or many may use. What it covers: compiled-quotas.ts.
 * When its windows begin: window.ts. Where it is counted: counters.ts.
 */

import * as z from "zod"
import type { Collection, Versioned } from "../collection.ts"
import { principalNameSchema } from "../principal.ts"
import { amountOf, maxAmount, quotaUnits, type QuotaUnit } from "./amount.ts"
import { quotaWindowSchema, type QuotaWindow } from "./window.ts"

/**
 * `fixed_window` counts anew with each window; around the change of windows up to twice the limit may pass within a
 * window's time. `sliding_window` never lets more than the limit pass within any time of that length. `token_bucket`
 * fills up evenly, the whole limit in one window, and lets what has gathered pass at once.
 */
export const algorithms = ["fixed_window", "sliding_window", "token_bucket"] as const
export type Algorithm = (typeof algorithms)[number]

export const quotaActions = ["refuse", "warn"] as const
type QuotaAction = (typeof quotaActions)[number]

/** `everyone` shares one allowance; of `each_principal` each has its own. */
export type QuotaSubject =
  | { readonly kind: "principal"; readonly principalId: string }
  | { readonly kind: "key"; readonly keyId: string }
  | { readonly kind: "team"; readonly team: string }
  | { readonly kind: "everyone" }
  | { readonly kind: "each_principal" }

/** Management operations are no target: nobody can lock the gateway's own doors. */
export type QuotaTarget =
  | { readonly kind: "everything" }
  | { readonly kind: "service"; readonly service: string }
  /** Over the canonical names of tools, prompts and resources. */
  | { readonly kind: "tool"; readonly pattern: string }

export type Quota = Versioned & {
  readonly name?: string
  readonly subject: QuotaSubject
  readonly target: QuotaTarget
  /** In its unit; 0 lets nothing pass. */
  readonly limit: number
  readonly unit: QuotaUnit
  readonly algorithm: Algorithm
  readonly window: QuotaWindow
  /** Percentages of the limit, ascending. */
  readonly alertAt: readonly number[]
  readonly action: QuotaAction
  /** Whom to ask for more. */
  readonly contact: string
  /** Names what it has counted. It changes when what is counted does, so that it then counts from nothing. */
  readonly counter: string
  readonly createdAtMs: number
  /** The id of a principal. */
  readonly createdBy: string
  readonly changedAtMs: number
}

export type Quotas = Collection<Quota>

const idSchema = z.string().min(1).max(64)
const instantSchema = z.int().nonnegative()
const lineSchema = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text), "must be one line of plain text")

export const quotaNameSchema = lineSchema
export const contactSchema = lineSchema
export const limitSchema = z.number().nonnegative()
export const alertAtSchema = z
  .array(z.int().min(1).max(100))
  .max(10)
  .transform((percentages) => [...new Set(percentages)].sort((a, b) => a - b))

const subjectSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("principal"), principalId: idSchema }),
  z.strictObject({ kind: z.literal("key"), keyId: idSchema }),
  z.strictObject({ kind: z.literal("team"), team: principalNameSchema }),
  z.strictObject({ kind: z.literal("everyone") }),
  z.strictObject({ kind: z.literal("each_principal") }),
])

const targetSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("everything") }),
  z.strictObject({ kind: z.literal("service"), service: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal("tool"), pattern: z.string().min(1).max(256) }),
])

export const quotaSchema = z
  .strictObject({
    id: idSchema,
    name: quotaNameSchema.exactOptional(),
    subject: subjectSchema,
    target: targetSchema,
    limit: limitSchema,
    unit: z.enum(quotaUnits),
    algorithm: z.enum(algorithms),
    window: quotaWindowSchema,
    alertAt: alertAtSchema,
    action: z.enum(quotaActions),
    contact: contactSchema,
    counter: idSchema,
    createdAtMs: instantSchema,
    createdBy: idSchema,
    changedAtMs: instantSchema,
    version: z.int().positive(),
  })
  .superRefine((quota, context) => {
    for (const { path, message } of problemsOf(quota)) context.addIssue({ code: "custom", path, message })
  })

type Problem = { readonly path: string[]; readonly message: string }

function problemsOf({
  limit,
  unit,
  algorithm,
  window,
}: Pick<Quota, "limit" | "unit" | "algorithm" | "window">): Problem[] {
  const problems: Problem[] = []
  const amount = amountOf(unit, limit)
  if (!Number.isSafeInteger(amount) || amount > maxAmount) {
    const digits = unit === "cost_usd" ? "have at most six decimals" : "be a whole number"
    const most = Math.floor(maxAmount / amountOf(unit, 1))
    problems.push({ path: ["limit"], message: `a limit in ${unit} must ${digits} and be at most ${most}` })
  }
  if (algorithm !== "fixed_window" && window.align === "calendar")
    problems.push({ path: ["window", "align"], message: "only a fixed_window follows the calendar" })
  return problems
}
