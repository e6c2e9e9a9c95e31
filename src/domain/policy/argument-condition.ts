/**
 * A condition on one argument of a call. It holds, or does not, or cannot be judged: where the argument is absent, is
 * another kind of value than the condition speaks of, or is a number past what a double holds. What cannot be judged
 * allows nothing and is denied by whoever would deny it.
 */

import * as z from "zod"
import { isExact, type StrictJson } from "../../mcp/strict-json.ts"
import type { Principal } from "../principal.ts"
import { compileLinear, maxPatternLength } from "./linear-pattern.ts"

/** Undefined is for what cannot be judged. */
export type Judgement = boolean | undefined

const exactNumber = z.number().refine((number) => isExact(number), "a number must have at most 15 digits")
const scalar = z.union([z.string().max(1_024), exactNumber, z.boolean()])
type Scalar = z.output<typeof scalar>

/** Of RFC 6901; the whole of the arguments is no argument. */
const pointerSchema = z
  .string()
  .max(512)
  .regex(/^(\/([^~/]|~[01])*){1,16}$/, "a JSON Pointer: /customer/id, where ~1 stands for / and ~0 for ~")

const attributes = ["id", "name", "team", "kind"] as const

const tests = ["equals", "oneOf", "matches", "min", "max", "equalsPrincipal"] as const

export const argumentConditionSchema = z
  .strictObject({
    pointer: pointerSchema.describe("Which argument, as a JSON Pointer: /customer_id."),
    equals: scalar.exactOptional(),
    oneOf: z.array(scalar).min(1).max(100).exactOptional(),
    matches: z
      .string()
      .max(maxPatternLength)
      .refine((pattern) => compileLinear(pattern) !== undefined, "no pattern of RE2, or too large a one")
      .exactOptional()
      .describe("A pattern of RE2 that the whole text must match."),
    min: exactNumber.exactOptional(),
    max: exactNumber.exactOptional(),
    equalsPrincipal: z.enum(attributes).exactOptional().describe("The same text as this of who calls."),
    not: z.literal(true).exactOptional().describe("Turns it round."),
    absent: z
      .literal("passes")
      .exactOptional()
      .describe("In a rule that denies: without the argument the rule does not apply. Else it does."),
  })
  .refine(
    (given) => testsOf(given).length === 1,
    `give one of ${tests.slice(0, 3).join(", ")}, min or max, equalsPrincipal`,
  )

export type ArgumentCondition = z.output<typeof argumentConditionSchema>

type Given = { readonly [Test in (typeof tests)[number]]?: unknown }

/** `min` and `max` are the two ends of one. */
function testsOf(given: Given): readonly string[] {
  const named: readonly string[] = tests.filter((test) => given[test] !== undefined)
  return named.includes("min") ? named.filter((test) => test !== "max") : named
}

export function isAbsentPassing({ absent }: ArgumentCondition): boolean {
  return absent !== undefined
}

/** @param given undefined where the arguments cannot be read */
export function judgeArgument(
  condition: ArgumentCondition,
  given: StrictJson | undefined,
  principal: Principal,
): Judgement {
  if (given === undefined) return undefined
  const value = valueAt(given, condition.pointer)
  return value === undefined ? judgeAbsent(condition) : judgeValue(condition, value, principal)
}

function judgeAbsent(condition: ArgumentCondition): Judgement {
  return isAbsentPassing(condition) ? false : undefined
}

export function judgeValue(condition: ArgumentCondition, value: StrictJson, principal: Principal): Judgement {
  const held = holds(condition, value, principal)
  return held === undefined ? undefined : held !== (condition.not === true)
}

function holds(condition: ArgumentCondition, value: StrictJson, principal: Principal): Judgement {
  const { equals, oneOf, matches, equalsPrincipal } = condition
  if (equals !== undefined) return isAmong([equals], value)
  if (oneOf !== undefined) return isAmong(oneOf, value)
  if (matches !== undefined) return typeof value === "string" ? compileLinear(matches)?.matches(value) : undefined
  if (equalsPrincipal === undefined) return isWithin(condition, value)
  const own = principal[equalsPrincipal]
  return own === undefined ? undefined : isAmong([own], value)
}

/** What a service might take for one of them, but is of another kind, cannot be judged. */
function isAmong(wanted: readonly Scalar[], value: StrictJson): Judgement {
  const alike = wanted.filter((one) => typeof one === typeof value)
  if (alike.length === 0) return undefined
  return alike.some((one) => one === value)
}

function isWithin({ min = -Infinity, max = Infinity }: ArgumentCondition, value: StrictJson): Judgement {
  return typeof value === "number" ? value >= min && value <= max : undefined
}

function valueAt(given: StrictJson, pointer: string): StrictJson | undefined {
  let value: StrictJson | undefined = given
  for (const step of stepsOf(pointer)) {
    if (value instanceof Map) value = (value as ReadonlyMap<string, StrictJson>).get(step)
    else if (Array.isArray(value))
      value = /^(0|[1-9]\d{0,8})$/.test(step) ? (value as StrictJson[])[Number(step)] : undefined
    else return undefined
  }
  return value
}

/** The names and places of a JSON Pointer. */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
}

/** What the condition tells one value from another by, for whoever looks for one that it holds of. */
export function constantsOf(
  { equals, oneOf = [], min, max, equalsPrincipal }: ArgumentCondition,
  principal: Principal,
): readonly Scalar[] {
  const own = equalsPrincipal === undefined ? undefined : principal[equalsPrincipal]
  return [equals, ...oneOf, min, max, own].filter((one) => one !== undefined)
}
