/**
 * What the state file holds, and how its text is read. Adding a kind of thing to keep is one line in `schemas` and one
 * in `Kinds`. How the file is written: state-adapter.ts.
 */

import * as z from "zod"
import type { Versioned } from "../../domain/collection.ts"
import { keySchema, principalSchema, type Key, type Principal } from "../../domain/principal.ts"
import { planSchema, type Plan } from "../../domain/plans/plan.ts"
import { keptPolicySchema, type Policy } from "../../domain/policy/policy.ts"
import { quotaSchema, type Quota } from "../../domain/quota/quota.ts"
import { GatewayError } from "../../errors.ts"

export type Kinds = {
  readonly principals: Principal
  readonly keys: Key
  readonly quotas: Quota
  readonly plans: Plan
  readonly policies: Policy
}
export type Kind = keyof Kinds

/** Each list in the order of ids. */
export type State = { readonly [K in Kind]: readonly Kinds[K][] }

export const schemas: { readonly [K in Kind]: z.ZodType<Kinds[K]> } = {
  principals: principalSchema,
  keys: keySchema,
  quotas: quotaSchema,
  plans: planSchema,
  policies: keptPolicySchema,
}

export const emptyState: State = { principals: [], keys: [], quotas: [], plans: [], policies: [] }

const format = 1
const listOf = <T extends Versioned>(schema: z.ZodType<T>) =>
  z
    .array(schema)
    .default([])
    .refine((items) => new Set(items.map(({ id }) => id)).size === items.length, "two of them have the same id")
    .transform((items) => items.toSorted(byId))

const stateSchema = z.strictObject({
  format: z.literal(format),
  principals: listOf(schemas.principals).refine(
    (items) => new Set(items.map(({ name }) => name.toLowerCase())).size === items.length,
    "two of them have the same name",
  ),
  keys: listOf(schemas.keys),
  quotas: listOf(schemas.quotas),
  plans: listOf(schemas.plans),
  policies: listOf(schemas.policies),
})

/** @throws GatewayError `invalid`, naming the place but never the value: the file holds hashes of secrets */
export function readState(text: string): State {
  const read = stateSchema.safeParse(parse(text))
  if (!read.success) {
    const { path, message } = read.error.issues[0] ?? { path: [], message: "it is not a state file" }
    throw brokenState(`at ${path.join(".") || "the top"}: ${message}`)
  }
  const { format: _format, ...state } = read.data
  return freeze(state)
}

export function writeState(state: State): string {
  return `${JSON.stringify({ format, ...state }, undefined, 2)}\n`
}

const beginAnew = `put {"format":${format}} in its place to begin with a new administrator and nobody else.`
const leftAsItIs = `It was left as it is; mend it, restore a backup, or ${beginAnew}`

/** Of a folder in which a gateway has run before. */
export function lostState(): GatewayError {
  const what = "state.json is missing from the data folder, which has been used before"
  return new GatewayError("invalid", `${what}. Restore it from a backup, or ${beginAnew}`)
}

export function brokenState(why: string): GatewayError {
  return new GatewayError("invalid", `state.json in the data folder cannot be used (${why}). ${leftAsItIs}`)
}

/** Ids are compared by code unit, which is the same on every machine. */
export function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0
}

export function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw brokenState(text === "" ? "it is empty" : "it is not JSON")
  }
}
