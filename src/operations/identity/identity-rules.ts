/**
 * What nobody may do to identities, whatever permissions they hold: grant more than they have, act as somebody who
 * has more, change their own grants, or leave the gateway with nobody to govern it.
 */

import { exceeds } from "../../domain/exceeding.ts"
import { holds, liveGrants, permissionsAt, type Grants } from "../../domain/permission.ts"
import type { Key, Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { isoTime } from "../plain-text.ts"

type Actor = Pick<OperationContext, "actor" | "nowMs">

/** @throws GatewayError `forbidden`, naming what is too much */
export function assertMayGrant({ actor, nowMs }: Actor, wanted: Grants): void {
  const excess = exceeds(actor.principal.grants, liveGrants(wanted, nowMs))
  if (excess.length === 0) return
  throw new GatewayError(
    "forbidden",
    `Nobody grants more than they hold, and you do not hold: ${excess.join(", ")}. Leave it out, or ask somebody who holds it.`,
    { detail: { exceeds: excess } },
  )
}

/** @throws GatewayError `forbidden` where a credential of this principal would let the actor do more than it may */
export function assertMayActAs({ actor, nowMs }: Actor, { id, name, grants }: Principal): void {
  if (id === actor.principal.id) return
  const excess = exceeds(actor.principal.grants, liveGrants(grants, nowMs))
  if (excess.length === 0) return
  throw new GatewayError(
    "forbidden",
    `A key of ${name} would do what you may not: ${excess.join(", ")}. Ask somebody who may.`,
    {
      detail: { exceeds: excess },
    },
  )
}

/** @throws GatewayError `forbidden` where the principal stands above the actor */
export function assertNotAbove({ actor, nowMs }: Actor, { id, name, grants }: Principal): void {
  const more = permissionsAt(grants, nowMs).filter((permission) => !actor.may.holds(permission))
  if (more.length === 0 || id === actor.principal.id) return
  throw new GatewayError(
    "forbidden",
    `${name} holds permissions that you do not: ${more.join(", ")}. Ask somebody who holds them.`,
    {
      detail: { exceeds: more },
    },
  )
}

const teamPermissions = ["quotas:write", "grants:write", "policies:write"] as const

/**
 * What goes by team limits some and lets others do more.
 *
 * @param before undefined for a new principal
 * @throws GatewayError `forbidden`
 */
export function assertMayMove({ actor }: Actor, before: Principal | undefined, after: Principal): void {
  const missing = teamPermissions.filter((permission) => !actor.may.holds(permission))
  if (before?.team === after.team || missing.length === 0) return
  throw new GatewayError(
    "forbidden",
    `Quotas and rules go by team, so setting somebody's needs the permission ${missing.join(" and ")}; leave the team as it is.`,
    { detail: { permission: missing[0] } },
  )
}

/** What shall be; `removed` is the id of a principal. */
export type IdentityChange = {
  readonly principal?: Principal
  readonly removed?: string
  readonly keys?: readonly Key[]
}

/** Those who come next need the time to make a credential that lasts. */
const leastGovernedMs = 7 * 24 * 3_600_000

/**
 * Counts for nothing: what is granted for a time, and a key that soon ends.
 *
 * @throws GatewayError `conflict` where the changes together take away the last principal that can still govern
 */
export async function assertGovernorRemains(
  context: OperationContext,
  ...changes: readonly IdentityChange[]
): Promise<void> {
  const principals = await listAll(context.principals)
  const keys = await listAll(context.keys)
  const left = principals.filter(({ id }) => changes.every(({ removed }) => id !== removed))
  const changed = changes.flatMap(({ principal }) => principal ?? [])
  const changedKeys = changes.flatMap(({ keys: some = [] }) => some)
  const before = governedUntilMs(principals, keys)
  const after = governedUntilMs(replaceIn(left, changed), replaceIn(keys, changedKeys))
  if (after >= Math.min(before, context.nowMs + leastGovernedMs) || before <= context.nowMs) return
  throw new GatewayError(
    "conflict",
    "Nobody could govern this gateway any more, or not for long. Give another principal govern and a key that lasts first.",
    {
      next: { operation: "create_principal", arguments: { kind: "human", grants: { permissions: ["govern"] } } },
    },
  )
}

/** The first instant at which nobody could, if nothing else is done. */
function governedUntilMs(principals: readonly Principal[], keys: readonly Key[]): number {
  const governors = principals.filter(({ disabled, grants }) => !disabled && holds(grants.permissions, "govern"))
  if (governors.some(({ passwordHash }) => passwordHash !== undefined)) return Number.POSITIVE_INFINITY
  const ids = new Set(governors.map(({ id }) => id))
  return keys
    .filter(({ principalId, revokedAtMs }) => ids.has(principalId) && revokedAtMs === undefined)
    .reduce((latest, { expiresAtMs = Number.POSITIVE_INFINITY }) => Math.max(latest, expiresAtMs), 0)
}

export function isLive({ expiresAtMs = Number.POSITIVE_INFINITY, revokedAtMs }: Key, nowMs: number): boolean {
  return revokedAtMs === undefined && nowMs < expiresAtMs
}

function replaceIn<T extends { readonly id: string }>(all: readonly T[], changed: readonly T[]): readonly T[] {
  return all.map((one) => changed.find(({ id }) => id === one.id) ?? one)
}

/**
 * A key for oneself is no way past the limits of the one that somebody came with.
 *
 * @throws GatewayError `forbidden`
 */
export async function assertNoWiderKey(
  { actor, keys, quotas }: OperationContext,
  { id }: Principal,
  expiresAtMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  if (id !== actor.principal.id || actor.keyId === undefined) return
  const ownEndsAtMs = (await keys.find(actor.keyId))?.expiresAtMs ?? Number.POSITIVE_INFINITY
  if (expiresAtMs > ownEndsAtMs)
    throw new GatewayError(
      "forbidden",
      `A key that you make for yourself cannot be good for longer than the one you came with, until ${isoTime(ownEndsAtMs)}; ask another principal that holds keys:write.`,
    )
  const isLimited = (await listAll(quotas)).some(
    ({ subject }) => subject.kind === "key" && subject.keyId === actor.keyId,
  )
  if (!isLimited) return
  throw new GatewayError(
    "forbidden",
    "A quota limits the key you came with, so you cannot make yourself another; ask another principal that holds keys:write.",
    { next: { operation: "list_quotas" } },
  )
}

/** @throws GatewayError `forbidden` */
export function assertNotOwn({ actor }: Actor, { id }: Principal): void {
  if (id !== actor.principal.id) return
  throw new GatewayError(
    "forbidden",
    "Nobody changes, disables or removes themselves; ask another principal that holds principals:write.",
  )
}

/** @throws GatewayError `conflict` where somebody has the name, in whatever case */
export async function assertNameFree(
  { principals }: Pick<OperationContext, "principals">,
  name: string,
): Promise<void> {
  const known = await listAll(principals)
  if (known.some((other) => other.name.toLowerCase() === name.toLowerCase()))
    throw new GatewayError("conflict", `A principal named ${name}, in upper or lower case, exists already.`, {
      next: { operation: "list_principals" },
    })
}

/** @throws GatewayError `not_found` */
export async function getPrincipal(
  { principals }: Pick<OperationContext, "principals">,
  name: string,
): Promise<Principal> {
  const principal = await principals.findByName(name)
  if (principal) return principal
  throw new GatewayError("not_found", `There is no principal named ${name}.`, {
    next: { operation: "list_principals" },
  })
}
