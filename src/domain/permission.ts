/**
 * What a principal may do: permissions over the gateway itself, and patterns over the tools, prompts and resources
 * that it may use. Nothing is allowed that is not granted, and nobody grants more than they have.
 *
 * How patterns match: pattern.ts. What is too much to grant: exceeding.ts. Who holds grants: principal.ts.
 */

import * as z from "zod"
import { compilePatterns } from "./pattern.ts"

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
  "plans:read": "observe",
  "services:operate": "operate",
  "usage:read": "operate",
  "quotas:read": "operate",
  "services:write": "configure",
  "history:read": "configure",
  "services:stdio:write": "none",
  "principals:read": "govern",
  "principals:write": "govern",
  "keys:write": "govern",
  "grants:write": "govern",
  "quotas:write": "govern",
  "plans:approve": "govern",
  "policies:read": "govern",
  "policies:write": "govern",
  "audit:read": "govern",
  "audit:export": "govern",
  "audit:write": "govern",
} as const satisfies Record<string, Grade | "none">

type FinePermission = keyof typeof gradeOf
export type Permission = Grade | FinePermission

/** Limits of one list of patterns; `exceeds` costs their square at worst. */
const maxPatterns = 200
const maxPatternLength = 256
/** Temporary grants of one principal, so few that their patterns are no more than twice the standing ones. */
export const maxTemporary = 20
const maxTemporaryPatterns = 20

export const permissionSchema = z.enum([...grades, ...(Object.keys(gradeOf) as FinePermission[])])

const rightsOf = (max: number) => ({
  permissions: z.array(permissionSchema).max(100).default([]),
  tools: useOf(max).prefault({}),
  prompts: useOf(max).prefault({}),
  resources: useOf(max).prefault({}),
})

function useOf(max: number) {
  const patterns = z
    .array(z.string().min(1).max(maxPatternLength))
    .max(max)
    .describe("Exact names, or patterns in which * stands for any characters.")
  return z.strictObject({ allow: patterns.default([]), deny: patterns.default([]).describe("Wins over allow.") })
}

const temporaryFields = {
  ...rightsOf(maxTemporaryPatterns),
  reason: z.string().min(1).max(500).exactOptional().describe("Why, for people."),
}

/** @param end when each ends, as it is kept or as it is told */
export function grantsWith<End extends z.ZodRawShape>(end: End) {
  return z.strictObject({
    ...rightsOf(maxPatterns),
    temporary: z
      .array(z.strictObject({ ...temporaryFields, ...end }))
      .max(maxTemporary)
      .exactOptional(),
  })
}

export const grantsSchema = grantsWith({ expiresAtMs: z.int().nonnegative() })

export type Patterns = { readonly allow: readonly string[]; readonly deny: readonly string[] }

export const grantedKinds = ["tools", "prompts", "resources"] as const
type GrantedKind = (typeof grantedKinds)[number]

export type Rights = { readonly permissions: readonly Permission[] } & { readonly [Kind in GrantedKind]: Patterns }

/** Rights for a time, beside the standing ones. What those deny is denied here too. */
export type TemporaryGrant = Rights & {
  /** The first instant at which it is no longer good. */
  readonly expiresAtMs: number
  readonly reason?: string
}

export type Grants = Rights & { readonly temporary?: readonly TemporaryGrant[] }

/** Grants made ready to be asked on every call. */
export type CompiledGrants = {
  holds(needed: Permission): boolean
  mayUse(kind: GrantedKind, name: string): boolean
}

/** As they are at that instant; without one, those that stand. Until when: `changesAtMs`. */
export function compileGrants(grants: Grants, nowMs = Number.POSITIVE_INFINITY): CompiledGrants {
  const { temporary } = liveGrants(grants, nowMs)
  const all = permissionsAt(grants, nowMs)
  const held = new Set(permissionSchema.options.filter((needed) => holds(all, needed)))
  const compile = (kind: GrantedKind): ((name: string) => boolean) =>
    compileUse(grants[kind], temporary?.map((one) => compileStanding(one[kind])) ?? [])
  const may = { tools: compile("tools"), prompts: compile("prompts"), resources: compile("resources") }
  return { holds: (needed) => held.has(needed), mayUse: (kind, name) => may[kind](name) }
}

type MayUse = (name: string) => boolean

function compileUse(standing: Patterns, temporary: readonly MayUse[]): MayUse {
  const allows = compileStanding(standing)
  if (temporary.length === 0) return allows
  const denies = compilePatterns(standing.deny)
  return (name) => allows(name) || (!denies(name) && temporary.some((also) => also(name)))
}

function compileStanding({ allow, deny }: Patterns): MayUse {
  const allows = compilePatterns(allow)
  const denies = compilePatterns(deny)
  return (name) => allows(name) && !denies(name)
}

/** When they are others than they are now, because the time of one of them is over. */
export function changesAtMs({ temporary = [] }: Grants, nowMs: number): number {
  const ahead = temporary.map(({ expiresAtMs }) => expiresAtMs).filter((atMs) => atMs > nowMs)
  return Math.min(Number.POSITIVE_INFINITY, ...ahead)
}

/** Without those whose time is over. */
export function liveGrants({ temporary, ...standing }: Grants, nowMs: number): Grants {
  const live = temporary?.filter(({ expiresAtMs }) => nowMs < expiresAtMs) ?? []
  return live.length > 0 ? { ...standing, temporary: live } : standing
}

/** All that they hold at that instant, for however long. */
export function permissionsAt(grants: Grants, nowMs: number): readonly Permission[] {
  const { permissions, temporary = [] } = liveGrants(grants, nowMs)
  return [...permissions, ...temporary.flatMap((one) => one.permissions)]
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
