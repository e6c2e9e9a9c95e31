/**
 * Brings one thing back to what it was, as a change like any other: who brings it back needs the permission to change
 * it, and is held to the same rules. What was taken from somebody to keep them out does not come back by itself: keys,
 * passwords and principals.
 */

import { isDeepStrictEqual } from "node:util"
import { isSameService } from "../../domain/changes/hand-edits.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import type { Approved } from "../../domain/pins/pin.ts"
import { isRecord } from "../../domain/services/service-file.ts"
import { readServiceFile, type ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import { assertMayAccount } from "../services/accounting-rules.ts"
import { holdAddresses, holdDefinition } from "../services/held-definition.ts"
import { assertMayReach, assertMayRename } from "../services/machine-reach.ts"
import type { OperationContext } from "../operation.ts"
import { assertServiceNameFree } from "../services/register-service.ts"
import { pinnedAs } from "../definitions/pin-rules.ts"
import { restoreKey, restorePrincipal } from "./restore-identity.ts"
import { restorePolicy } from "./restore-policy.ts"
import { restoreQuota } from "./restore-quota.ts"
import { assertAsLeft, assertHolds, type Restored } from "./restore-rules.ts"
import type { Wanted } from "./undo-draft.ts"

/** @throws GatewayError `forbidden`, `conflict` */
export function restore(context: OperationContext, wanted: Wanted): Promise<Restored> {
  switch (wanted.subject) {
    case "service":
      return restoreService(context, wanted)
    case "principal":
      return restorePrincipal(context, wanted)
    case "key":
      return restoreKey(context, wanted)
    case "quota":
      return restoreQuota(context, wanted)
    case "policy":
      return restorePolicy(context, wanted)
    case "pins":
      return restorePins(context, wanted)
    default:
      return Promise.resolve({
        note: `This cannot be undone: ${wanted.words ?? `${wanted.subject} ${wanted.name}`}`,
      })
  }
}

async function restoreService(context: OperationContext, { name, target, left }: Wanted): Promise<Restored> {
  const current = context.services.list().find(({ definition }) => definition.name === name)
  assertAsLeft(`service ${name}`, left, current?.raw, (one, other) => isSameService(name, one, other))
  if (!target) {
    if (!current) return {}
    assertHolds(context, "services:write")
    return { change: { subject: "service", name, before: current.raw } }
  }
  if (current && isSameService(name, current.raw, target)) return {}
  const [after] = readServiceFile(name, { ...target, name })
  if (!after) throw new GatewayError("internal", "A revision of a service holds no service.")
  assertMayDefine(context, after, current?.definition)
  const written = { name, raw: withoutName(target), ...(current && { before: current.definition }) }
  if (!current) assertServiceNameFree(context, name)
  const hold = context.actor.principal.kind === "human" ? holdAddresses : holdDefinition
  const held = await hold(context, current ? written : { name, raw: pinnedAs(context, written.raw) })
  return { change: { subject: "service", name, ...(current && { before: current.raw }), after: held } }
}

/** Takes approvals back, or what took them back. */
async function restorePins(context: OperationContext, { name, target, left }: Wanted): Promise<Restored> {
  if (!context.fleet.pins(name))
    return { note: `What was approved of ${name} cannot be taken back while it is not there or is turned off.` }
  assertHolds(context, "services:write")
  const approved = (side: unknown): readonly Approved[] =>
    isRecord(side) && Array.isArray(side["approved"]) ? (side["approved"] as readonly Approved[]) : []
  return { change: { subject: "pins", name, before: approved(left), after: approved(target) } }
}

function assertMayDefine(context: OperationContext, after: ServiceDefinition, before?: ServiceDefinition): void {
  const isToggled = before && isDeepStrictEqual({ ...before, enabled: true }, { ...after, enabled: true })
  assertHolds(context, isToggled ? "services:operate" : "services:write")
  assertMayReach(context, after, before)
  if (before) assertMayRename(context, before, after)
  assertMayAccount(context, after, before)
}

function withoutName({ name: _name, ...fields }: JsonObject): JsonObject {
  return fields
}
