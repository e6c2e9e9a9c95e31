/**
 * What nobody may do to identities, whatever permissions they hold: grant more than they have, act as somebody who
 * has more, change their own grants, or leave the gateway with nobody to govern it.
 */

import { exceeds } from "../domain/exceeding.ts"
import { holds, type Grants } from "../domain/permission.ts"
import type { Key, Principal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { OperationContext } from "./operation.ts"
import { listAll } from "./page.ts"

type Actor = Pick<OperationContext, "actor">

/** @throws GatewayError `forbidden`, naming what is too much */
export function assertMayGrant({ actor }: Actor, wanted: Grants): void {
  const excess = exceeds(actor.principal.grants, wanted)
  if (excess.length === 0) return
  throw new GatewayError(
    "forbidden",
    `Nobody grants more than they hold, and you do not hold: ${excess.join(", ")}. Leave it out, or ask somebody who holds it.`,
    { detail: { exceeds: excess } },
  )
}

/** @throws GatewayError `forbidden` where a credential of this principal would let the actor do more than it may */
export function assertMayActAs({ actor }: Actor, { id, name, grants }: Principal): void {
  if (id === actor.principal.id) return
  const excess = exceeds(actor.principal.grants, grants)
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
export function assertNotAbove({ actor }: Actor, { id, name, grants }: Principal): void {
  const more = grants.permissions.filter((permission) => !holds(actor.principal.grants.permissions, permission))
  if (more.length === 0 || id === actor.principal.id) return
  throw new GatewayError(
    "forbidden",
    `${name} holds permissions that you do not: ${more.join(", ")}. Ask somebody who holds them.`,
    {
      detail: { exceeds: more },
    },
  )
}

export type IdentityChange = { readonly principal?: Principal; readonly key?: Key }

/** @throws GatewayError `conflict` where the change takes away the last principal that can still govern */
export async function assertGovernorRemains(context: OperationContext, change: IdentityChange): Promise<void> {
  const principals = await listAll(context.principals)
  const keys = await listAll(context.keys)
  const canGovern = (principals: readonly Principal[], keys: readonly Key[]): boolean =>
    principals.some((principal) => governs(principal, keys, context.nowMs))
  if (
    !canGovern(principals, keys) ||
    canGovern(replaceIn(principals, change.principal), replaceIn(keys, change.key))
  )
    return
  throw new GatewayError(
    "conflict",
    "Nobody could govern this gateway any more. Give another principal govern and a key first.",
    {
      next: { operation: "create_principal", arguments: { kind: "human", grants: { permissions: ["govern"] } } },
    },
  )
}

function governs({ id, disabled, grants, passwordHash }: Principal, keys: readonly Key[], nowMs: number): boolean {
  if (disabled || !holds(grants.permissions, "govern")) return false
  return passwordHash !== undefined || keys.some((key) => key.principalId === id && isLive(key, nowMs))
}

export function isLive({ expiresAtMs = Number.POSITIVE_INFINITY, revokedAtMs }: Key, nowMs: number): boolean {
  return revokedAtMs === undefined && nowMs < expiresAtMs
}

function replaceIn<T extends { readonly id: string }>(all: readonly T[], changed: T | undefined): readonly T[] {
  return changed ? all.map((one) => (one.id === changed.id ? changed : one)) : all
}

/** @throws GatewayError `conflict` where somebody has the name, in whatever case */
export async function assertNameFree(
  { principals }: Pick<OperationContext, "principals">,
  name: string,
): Promise<void> {
  const known = await listAll(principals)
  if (known.some((other) => other.name.toLowerCase() === name.toLowerCase()))
    throw new GatewayError("conflict", `A principal named ${name}, in upper or lower case, exists already.`)
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
