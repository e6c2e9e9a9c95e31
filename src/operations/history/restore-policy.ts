/** Policies, brought back under the rules by which they are set. */

import { isDeepStrictEqual } from "node:util"
import { nextVersion } from "../../domain/changes/change.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import { keptPolicySchema, type Policy } from "../../domain/policy/policy.ts"
import { keptOf } from "../../domain/changes/recorded-change.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { assertMayWrite, assertRoom } from "../policies/policy-rules.ts"
import { assertAsLeft, assertHolds, type Restored } from "./restore-rules.ts"
import type { Wanted } from "./undo-draft.ts"

export async function restorePolicy(
  context: OperationContext,
  { id, name, target, left }: Wanted,
): Promise<Restored> {
  const before = await context.policies.find(id)
  assertAsLeft(`policy ${id}`, left, before && keptOf(before), isSamePolicy)
  if (before ? target && isSamePolicy(keptOf(before), target) : !target) return {}
  assertHolds(context, "policies:write")
  const after = target && asItWas(context, target, before)
  assertMayWrite(context, { before, after })
  assertRoom(await listAll(context.policies), { before, after })
  return { change: { subject: "policy", name, ...(before && { before }), ...(after && { after }) } }
}

function asItWas({ nowMs }: OperationContext, target: JsonObject, current: Policy | undefined): Policy {
  const read = keptPolicySchema.safeParse({ ...target, changedAtMs: nowMs, version: nextVersion(current) })
  if (read.success) return read.data
  const text = "That revision kept a policy in a form that is no longer known; set it anew."
  throw new GatewayError("conflict", text)
}

function isSamePolicy(one: JsonObject, other: JsonObject): boolean {
  const plain = (value: JsonObject): JsonObject => ({ ...value, version: 0, changedAtMs: 0 })
  return isDeepStrictEqual(plain(one), plain(other))
}
