/**
 * A policy: rules that refuse calls which grants would allow, or allow some that they would not. What a rule looks at
 * in the arguments: argument-condition.ts; around the call: circumstances.ts. How rules are asked: compiled-policies.ts.
 */

import * as z from "zod"
import type { Collection, Versioned } from "../collection.ts"
import { principalKinds, principalNameSchema } from "../principal.ts"
import { argumentConditionSchema, isAbsentPassing } from "./argument-condition.ts"
import { clientConditionSchema, sourceConditionSchema } from "./circumstances.ts"
import { timeConditionSchema } from "./time-condition.ts"

const maxRules = 100
const maxConditions = 20
const maxNamed = 100
const maxPatternLength = 256

const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or digit")

const patternSchema = z.string().min(1).max(maxPatternLength)
const patternsSchema = z.array(patternSchema).min(1).max(maxNamed)

const policyModes = ["enforce", "shadow", "off"] as const
type PolicyMode = (typeof policyModes)[number]

/** `call` a tool, `get` a prompt, `read` a resource, `complete` an argument of a prompt or template. */
const policyActions = ["call", "get", "read", "complete"] as const
export type PolicyAction = (typeof policyActions)[number]

/** Whom a rule is about: who fits each member that is given; everybody where none is. */
const subjectSchema = z.strictObject({
  principals: patternsSchema.exactOptional().describe("Names, or patterns with *."),
  kinds: z.array(z.enum(principalKinds)).min(1).exactOptional(),
  teams: z.array(principalNameSchema).min(1).max(maxNamed).exactOptional(),
})

/** What tools say of themselves; what is not said is as MCP has it: not read-only, destructive, open. */
export const annotationNames = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const
const annotationsSchema = z.partialRecord(z.enum(annotationNames), z.boolean())

/** What a rule is about: what fits each member that is given; of tools, prompts and resources those kinds that are. */
const targetSchema = z.strictObject({
  services: patternsSchema.exactOptional().describe("Names of services, or patterns with *."),
  tools: patternsSchema.exactOptional().describe("As listed at the endpoint of all, or patterns: files__*."),
  prompts: patternsSchema.exactOptional(),
  resources: patternsSchema.exactOptional().describe("SERVICE/URI, or patterns."),
  tags: z.array(z.string().min(1).max(64)).min(1).max(maxNamed).exactOptional().describe("Of the service."),
  annotations: annotationsSchema.exactOptional().describe("Of tools, as their services declare them."),
})

const ruleSchema = z
  .strictObject({
    id: nameSchema,
    effect: z.enum(["allow", "deny"]),
    subject: subjectSchema.prefault({}),
    actions: z.array(z.enum(policyActions)).min(1).exactOptional().describe("Absent: all of them."),
    target: targetSchema.prefault({}),
    arguments: z.array(argumentConditionSchema).min(1).max(maxConditions).exactOptional(),
    time: timeConditionSchema.exactOptional(),
    source: sourceConditionSchema.exactOptional(),
    client: clientConditionSchema.exactOptional(),
  })
  .refine(
    ({ effect, arguments: given = [] }) => effect === "deny" || !given.some(isAbsentPassing),
    `"absent" is for rules that deny: an argument that is not there never allows`,
  )

export const policySchema = z.strictObject({
  id: nameSchema,
  name: z.string().min(1).max(200),
  description: z.string().max(2_000).exactOptional(),
  mode: z.enum(policyModes),
  rules: z
    .array(ruleSchema)
    .max(maxRules)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, "two rules have the same id"),
})

export const keptPolicySchema = policySchema.extend({
  createdAtMs: z.int().nonnegative(),
  createdBy: z.string().min(1).max(64),
  changedAtMs: z.int().nonnegative(),
  version: z.int().positive(),
})

export type PolicyRule = z.output<typeof ruleSchema>

/** In all, since each is asked of many calls. */
export const maxPolicies = 100
export const maxRulesInAll = 1_000

export type Policy = Versioned & {
  readonly name: string
  readonly description?: string
  readonly mode: PolicyMode
  readonly rules: readonly PolicyRule[]
  readonly createdAtMs: number
  /** The id of a principal. */
  readonly createdBy: string
  readonly changedAtMs: number
}

export type Policies = Collection<Policy>
