/**
 * What the rules of risk ask of a change: what of a service, a principal or a key is not as it was. The rules: risk.ts.
 */

import type { Change, KeptValues, ServiceChange } from "../changes/change.ts"
import { exceeds } from "../exceeding.ts"
import { holds, type Grants } from "../permission.ts"
import type { Principal } from "../principal.ts"
import { readServiceFile, type ServiceDefinition } from "../services/service.ts"

/** Of one change, as it would be made, and of who asks for it. */
export type Applies = (change: Change, actor: Principal) => boolean

type Sides<T> = { readonly before?: T | undefined; readonly after?: T | undefined }

export function onService(applies: (service: Sides<ServiceDefinition>) => boolean): Applies {
  return (change) => {
    if (change.subject !== "service") return false
    const { name, before, after } = change
    return applies({ before: definitionOf(name, before), after: definitionOf(name, after) })
  }
}

function definitionOf(
  name: string,
  raw: Readonly<Record<string, unknown>> | undefined,
): ServiceDefinition | undefined {
  return raw && readServiceFile(name, { ...raw, name })[0]
}

export function onValue<S extends keyof KeptValues>(
  subject: S,
  applies: (sides: Sides<KeptValues[S]>) => boolean,
): Applies {
  return (change) => change.subject === subject && applies(change as Sides<KeptValues[S]>)
}

export const unruled = { payloads: undefined, redact: [] }

/** By the file as it is written: what it leaves out is for the settings to say. */
export function loosensPin({ before, after }: ServiceChange): boolean {
  return !!after && before?.["pin"] !== after["pin"] && after["pin"] !== "approve"
}

export const isNewPerson: Applies = onValue("principal", ({ before, after }) => !before && after?.kind === "human")

export function isNothing({ permissions, tools, prompts, resources, temporary = [] }: Grants): boolean {
  const standing = [permissions, tools.allow, prompts.allow, resources.allow]
  return temporary.length === 0 && standing.every((allowed) => allowed.length === 0)
}

export function isWider(before: Principal, after: Principal): boolean {
  return exceeds(before.grants, after.grants).length > 0 || (before.disabled && !after.disabled)
}

export function approves({ disabled, grants }: Principal): boolean {
  return !disabled && holds(grants.permissions, "plans:approve")
}

export function isRevoked({ before, after }: Sides<KeptValues["key"]>): boolean {
  return !!before && before.revokedAtMs === undefined && after?.revokedAtMs !== undefined
}

export function isNewlyLive({ before, after }: Sides<KeptValues["key"]>): boolean {
  if (!after || after.revokedAtMs !== undefined) return false
  if (!before || before.revokedAtMs !== undefined) return true
  return (after.expiresAtMs ?? Number.POSITIVE_INFINITY) > (before.expiresAtMs ?? Number.POSITIVE_INFINITY)
}
