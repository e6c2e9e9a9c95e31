/**
 * What a schema found wrong, as sentences that name the field and say what to do. Values are never repeated: a field
 * may hold a secret.
 */

import * as z from "zod"
import { findNearest } from "./nearest.ts"

const maxIssues = 3

export function describeIssues(error: z.ZodError, schema: z.ZodType): string {
  const sentences = error.issues.slice(0, maxIssues).map((issue) => describeIssue(issue, schema))
  const more = error.issues.length - sentences.length
  return [...sentences, ...(more > 0 ? [`And ${more} more.`] : [])].join(" ")
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const field = issue.path.map(nameOf).join(".")
  if (issue.code === "unrecognized_keys") return describeUnknown(issue.keys, field, knownKeys(schema, issue.path))
  return `Field ${JSON.stringify(field)}: ${sayIssue(issue, schema)}.`
}

/** One problem, each with its place: `grants: has no member "permisions"; did you mean "permissions"?` */
export function listProblems(issues: readonly z.core.$ZodIssue[], schema: z.ZodType): readonly string[] {
  return issues.map((issue) => `${issue.path.map(nameOf).join(".") || "input"}: ${sayIssue(issue, schema)}`)
}

/** What is wrong with one value, without its place. Words that a schema brings of its own are kept. */
export function sayIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === "invalid_key") return issue.issues[0] ? sayIssue(issue.issues[0], schema) : issue.message
  if (issue.code === "unrecognized_keys") return sayUnknown(issue.keys, knownKeys(schema, issue.path))
  if (!/^(Invalid|Too (small|big))\b/.test(issue.message)) return issue.message
  if (issue.code === "too_small" || issue.code === "too_big") return sayBound(issue)
  if (issue.code === "invalid_value")
    return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`
  if (issue.code === "invalid_union") return "is none of the forms that it may have"
  return issue.message.replace(/^Invalid (input|string): /, "")
}

const counted: Readonly<Record<string, string>> = {
  string: "character",
  array: "item",
  map: "member",
  record: "member",
}

function sayBound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [bound, inclusive, strict] =
    issue.code === "too_small" ? [issue.minimum, "at least", "more than"] : [issue.maximum, "at most", "less than"]
  const how = issue.exact ? "exactly" : issue.inclusive === false ? strict : inclusive
  const unit = counted[issue.origin]
  return unit === undefined
    ? `must be ${how} ${bound}`
    : `must have ${how} ${bound} ${unit}${bound === 1 ? "" : "s"}`
}

function sayUnknown(keys: readonly string[], known: readonly string[]): string {
  return keys
    .slice(0, maxIssues)
    .map((key) => {
      const nearest = findNearest(key, known)
      const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`
      return `has no member ${JSON.stringify(nameOf(key))}${hint}`
    })
    .join("; ")
}

function describeUnknown(keys: readonly string[], within: string, known: readonly string[]): string {
  return keys
    .slice(0, maxIssues)
    .map((key) => {
      const nearest = findNearest(key, known)
      const place = within === "" ? "" : ` in ${JSON.stringify(within)}`
      const hint = nearest === undefined ? "remove it" : `did you mean ${JSON.stringify(nearest)}? Else remove it`
      return `Unknown field ${JSON.stringify(nameOf(key))}${place}; ${hint}.`
    })
    .join(" ")
}

/** As much of it as is one: somebody may have written a value into it, as in `TOKEN=...`. */
function nameOf(key: PropertyKey): string {
  const name = String(key)
  const [shown = ""] = /^[\w.$-]{0,64}/.exec(name) ?? []
  return shown === name ? name : `${shown}...`
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const bare = unwrap(schema)
  const [key, ...rest] = path
  if (bare instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(bare.shape)
    const member = bare.shape[String(key)] as z.ZodType | undefined
    return member ? knownKeys(member, rest) : []
  }
  return bare instanceof z.ZodArray ? knownKeys(bare.element as z.ZodType, rest) : []
}

function unwrap(schema: z.ZodType): z.ZodType {
  const isWrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodDefault
  return isWrapped ? unwrap(schema.unwrap() as z.ZodType) : schema
}
