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
  const inner = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined
  const wrong = (inner ?? issue.message).replace(/^Invalid input: /, "")
  return `Field ${JSON.stringify(field)}: ${wrong}.`
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
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema
}
