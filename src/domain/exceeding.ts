/**
 * Nobody grants more than they hold, nor for longer: what is too much of what somebody wants to grant. What grants
 * are: permission.ts. Who asks: operations/identity/identity-rules.ts.
 */

import { coversPattern, overlapsPattern } from "./pattern.ts"
import { grantedKinds, holds, type Grants, type Patterns, type Rights } from "./permission.ts"

/**
 * What `wanted` has that `grantor` has not, in words to show; empty where the grantor may grant it. Stricter than it
 * must be: an allowed pattern has to lie within one of the grantor's, and what the grantor is denied within it has to
 * be denied by a pattern at least as wide. What the grantor holds for a time can be granted for that time at most.
 */
export function exceeds(grantor: Grants, wanted: Grants): string[] {
  const forATime = (wanted.temporary ?? []).flatMap((one) =>
    exceedsRights(heldUntil(grantor, one.expiresAtMs), withDenied(one, wanted)).map(
      (text) => `${text} until ${new Date(one.expiresAtMs).toISOString()}`,
    ),
  )
  return [...exceedsRights(heldUntil(grantor, Number.POSITIVE_INFINITY), wanted), ...forATime]
}

/** All that it holds at least as long, each narrowed by what its standing grants deny. */
function heldUntil(grants: Grants, untilMs: number): readonly Rights[] {
  const longer = (grants.temporary ?? []).filter(({ expiresAtMs }) => expiresAtMs >= untilMs)
  return [grants, ...longer.map((one) => withDenied(one, grants))]
}

function withDenied(one: Rights, standing: Rights): Rights {
  const narrowed = (kind: (typeof grantedKinds)[number]): Patterns => ({
    allow: one[kind].allow,
    deny: [...one[kind].deny, ...standing[kind].deny],
  })
  return {
    permissions: one.permissions,
    tools: narrowed("tools"),
    prompts: narrowed("prompts"),
    resources: narrowed("resources"),
  }
}

function exceedsRights(held: readonly Rights[], wanted: Rights): string[] {
  const all = held.flatMap(({ permissions }) => permissions)
  const permissions = wanted.permissions.filter((permission) => !holds(all, permission))
  const patterns = grantedKinds.flatMap((kind) => {
    const grantors = held.map((one) => one[kind])
    return wanted[kind].allow
      .map((allowed) => exceedsPattern(grantors, allowed, wanted[kind].deny))
      .flatMap((texts) => texts.map((text) => `${kind} ${text}`))
  })
  return [...permissions, ...patterns]
}

/** What is least too much, by whichever of what the grantor holds comes nearest. */
function exceedsPattern(grantors: readonly Patterns[], allowed: string, denied: readonly string[]): string[] {
  const covering = grantors.filter(({ allow }) => allow.some((pattern) => coversPattern(pattern, allowed)))
  const excesses = covering.map(({ deny }) =>
    deny
      .filter((pattern) => !denied.some((wide) => coversPattern(wide, pattern)))
      .filter((pattern) => overlapsPattern(allowed, pattern))
      .map((pattern) => `${allowed} without denying ${pattern}`),
  )
  const [least] = excesses.sort((one, other) => one.length - other.length)
  return least ?? [allowed]
}
