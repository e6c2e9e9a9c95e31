/**
 * Principals and keys, brought back as far as that lets nobody in who was kept out: a principal that was made is turned
 * off, a key that was made is revoked, and a key that was revoked stays so.
 */

import { isDeepStrictEqual } from "node:util"
import { nextVersion } from "../../domain/changes/change.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import { grantsSchema } from "../../domain/permission.ts"
import { principalSchema, type Principal } from "../../domain/principal.ts"
import { keptOf } from "../../domain/changes/recorded-change.ts"
import { GatewayError } from "../../errors.ts"
import {
  assertMayActAs,
  assertMayGrant,
  assertMayMove,
  assertNameFree,
  assertNotAbove,
  assertNotOwn,
} from "../identity/identity-rules.ts"
import type { OperationContext } from "../operation.ts"
import { assertAsLeft, assertHolds, type Restored } from "./restore-rules.ts"
import type { Wanted } from "./undo-draft.ts"

export async function restorePrincipal(context: OperationContext, wanted: Wanted): Promise<Restored> {
  const { id, name, target, left } = wanted
  const current = await context.principals.find(id)
  assertAsLeft(`principal ${name}`, left, current && keptOf(current), isSameValue)
  if (!current) return target ? comeBack(context, target) : {}
  assertNotOwn(context, current)
  assertNotAbove(context, current)
  if (!target) return turnOff(context, current)
  const { passwordHash } = current
  const version = nextVersion(current)
  const after = readPrincipal({ ...target, version, ...(passwordHash !== undefined && { passwordHash }) })
  if (isSameValue(keptOf(current), keptOf(after))) return {}
  if (!isDeepStrictEqual(current.grants, after.grants)) {
    assertHolds(context, "grants:write")
    assertMayGrant(context, after.grants)
  }
  if (!isDeepStrictEqual({ ...current, version, grants: after.grants }, after)) {
    assertHolds(context, "principals:write")
    assertMayActAs(context, after)
    assertMayMove(context, current, after)
  }
  return { change: { subject: "principal", name, before: current, after } }
}

async function comeBack(context: OperationContext, target: JsonObject): Promise<Restored> {
  const after = readPrincipal({ ...target, version: nextVersion(undefined) })
  assertHolds(context, "principals:write")
  if (!isDeepStrictEqual(after.grants, grantsSchema.parse({}))) assertHolds(context, "grants:write")
  assertMayGrant(context, after.grants)
  assertMayMove(context, undefined, after)
  await assertNameFree(context, after.name)
  const note = `${after.name} comes back without password and keys; make it a key with create_key.`
  return { change: { subject: "principal", name: after.name, after }, note }
}

function turnOff(context: OperationContext, current: Principal): Restored {
  assertHolds(context, "principals:write")
  const { name } = current
  const note = `${name} is turned off, not removed: what it did stays on record under its name.`
  if (current.disabled) return { note }
  const after = { ...current, disabled: true, version: nextVersion(current) }
  return { change: { subject: "principal", name, before: current, after }, note }
}

export async function restoreKey(context: OperationContext, { id, target }: Wanted): Promise<Restored> {
  const current = await context.keys.find(id)
  if (target) return { note: `The key ${id} does not come back as it was; make another with create_key.` }
  if (!current || current.revokedAtMs !== undefined) return {}
  assertHolds(context, "keys:write")
  const owner = await context.principals.find(current.principalId)
  if (owner) assertNotAbove(context, owner)
  const after = { ...current, revokedAtMs: context.nowMs, version: nextVersion(current) }
  return {
    change: { subject: "key", name: id, before: current, after },
    note: `The key ${id} is revoked for good.`,
  }
}

function isSameValue(one: JsonObject, other: JsonObject): boolean {
  return isDeepStrictEqual({ ...one, version: 0 }, { ...other, version: 0 })
}

function readPrincipal(value: unknown): Principal {
  const read = principalSchema.safeParse(value)
  if (read.success) return read.data
  throw new GatewayError(
    "conflict",
    "That revision kept a principal in a form that is no longer known; set it anew.",
  )
}
