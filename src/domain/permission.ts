/**
 * What a principal may do: permissions over the gateway itself, and patterns over the tools, prompts and resources
 * that it may use. Nothing is allowed that is not granted, and nobody grants more than they have.
 *
 * How patterns match: pattern.ts. Who holds grants: principal.ts.
 */

import * as z from "zod"
import { compilePatterns, coversPattern, overlapsPattern } from "./pattern.ts"

/** Each grade holds those before it. */
const grades = ["observe", "operate", "configure", "govern"] as const
type Grade = (typeof grades)[number]

/**
 * The least grade that holds each fine permission. `services:stdio:write` is in none: it starts programs on this
 * machine, so it is held only where somebody who holds it has named it.
 */
const gradeOf = {
  "self:read": "observe",
  "tools:read": "observe",
  "services:read": "observe",
  "issues:read": "observe",
  "events:read": "observe",
  "audit:head": "observe",
  "services:operate": "operate",
  "usage:read": "operate",
  "quotas:read": "operate",
  "services:write": "configure",
  "services:stdio:write": "none",
  "principals:read": "govern",
  "principals:write": "govern",
  "keys:write": "govern",
  "grants:write": "govern",
  "quotas:write": "govern",
  "audit:read": "govern",
  "audit:export": "govern",
  "audit:write": "govern",
} as const satisfies Record<string, Grade | "none">

type FinePermission = keyof typeof gradeOf
export type Permission = Grade | FinePermission

/** Limits of one list of patterns; `exceeds` costs their square at worst. */
const maxPatterns = 200
const maxPatternLength = 256

const patternsSchema = z
  .array(z.string().min(1).max(maxPatternLength))
  .max(maxPatterns)
  .describe("Exact names, or patterns in which * stands for any characters.")
const useSchema = z.strictObject({
  allow: patternsSchema.default([]),
  deny: patternsSchema.default([]).describe("Wins over allow."),
})

export const permissionSchema = z.enum([...grades, ...(Object.keys(gradeOf) as FinePermission[])])

export const grantsSchema = z.strictObject({
  permissions: z.array(permissionSchema).max(100).default([]),
  tools: useSchema.prefault({}),
  prompts: useSchema.prefault({}),
  resources: useSchema.prefault({}),
})

type Patterns = { readonly allow: readonly string[]; readonly deny: readonly string[] }

const kinds = ["tools", "prompts", "resources"] as const
type GrantedKind = (typeof kinds)[number]

export type Grants = { readonly permissions: readonly Permission[] } & { readonly [Kind in GrantedKind]: Patterns }

/** Grants made ready to be asked on every call. */
export type CompiledGrants = {
  holds(needed: Permission): boolean
  mayUse(kind: GrantedKind, name: string): boolean
}

export function compileGrants(grants: Grants): CompiledGrants {
  const held = new Set(permissionSchema.options.filter((needed) => holds(grants.permissions, needed)))
  const may = {
    tools: compileUse(grants.tools),
    prompts: compileUse(grants.prompts),
    resources: compileUse(grants.resources),
  }
  return { holds: (needed) => held.has(needed), mayUse: (kind, name) => may[kind](name) }
}

function compileUse({ allow, deny }: Patterns): (name: string) => boolean {
  const allows = compilePatterns(allow)
  const denies = compilePatterns(deny)
  return (name) => allows(name) && !denies(name)
}

export function holds(permissions: readonly Permission[], needed: Permission): boolean {
  if (permissions.includes(needed)) return true
  const least = isGrade(needed) ? needed : gradeOf[needed]
  if (least === "none") return false
  return permissions.some((held) => isGrade(held) && grades.indexOf(held) >= grades.indexOf(least))
}

function isGrade(permission: Permission): permission is Grade {
  return (grades as readonly Permission[]).includes(permission)
}

/**
 * What `wanted` has that `grantor` has not, in words to show; empty where the grantor may grant it. Stricter than it
 * must be: an allowed pattern has to lie within one of the grantor's, and what the grantor is denied within it has to
 * be denied by a pattern at least as wide.
 */
export function exceeds(grantor: Grants, wanted: Grants): string[] {
  const permissions = wanted.permissions.filter((permission) => !holds(grantor.permissions, permission))
  const patterns = kinds.flatMap((kind) =>
    exceedsUse(grantor[kind], wanted[kind]).map((text) => `${kind} ${text}`),
  )
  return [...permissions, ...patterns]
}

function exceedsUse(grantor: Patterns, wanted: Patterns): string[] {
  const missing = grantor.deny.filter((denied) => !wanted.deny.some((pattern) => coversPattern(pattern, denied)))
  return wanted.allow.flatMap((allowed) => {
    if (!grantor.allow.some((pattern) => coversPattern(pattern, allowed))) return [allowed]
    return missing
      .filter((denied) => overlapsPattern(allowed, denied))
      .map((denied) => `${allowed} without denying ${denied}`)
  })
}
