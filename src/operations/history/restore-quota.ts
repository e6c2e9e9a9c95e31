/** Quotas, brought back under the rules by which they are set. */

import { isDeepStrictEqual } from "node:util"
import { nextVersion } from "../../domain/changes/change.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import { countsTheSame } from "../../domain/quota/compare.ts"
import { quotaSchema, type Quota } from "../../domain/quota/quota.ts"
import { keptOf } from "../../domain/changes/recorded-change.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { assertRoomForQuota } from "../quotas/quota-draft.ts"
import { assertMaySet } from "../quotas/quota-rules.ts"
import { assertAsLeft, assertHolds, type Restored } from "./restore-rules.ts"
import type { Wanted } from "./undo-draft.ts"

export async function restoreQuota(
  context: OperationContext,
  { id, name, target, left }: Wanted,
): Promise<Restored> {
  const current = await context.quotas.find(id)
  assertAsLeft(`quota ${id}`, left, current && keptOf(current), isSameQuota)
  if (current ? target && isSameQuota(keptOf(current), target) : !target) return {}
  assertHolds(context, "quotas:write")
  const after = target && asItWas(context, target, current)
  await assertMaySet(context, { before: current, after })
  if (!current) await assertRoomForQuota(context)
  return {
    change: { subject: "quota", name, ...(current && { before: current }), ...(after && { after }) },
  }
}

function asItWas({ nowMs, newId }: OperationContext, target: JsonObject, current: Quota | undefined): Quota {
  const facts = { ...target, changedAtMs: nowMs, version: nextVersion(current) }
  const read = quotaSchema.safeParse(facts)
  if (!read.success)
    throw new GatewayError(
      "conflict",
      "That revision kept a quota in a form that is no longer known; set it anew.",
    )
  const counter = current && countsTheSame(current, read.data) ? current.counter : newId()
  return { ...read.data, counter }
}

/** Whatever it counts with now. */
function isSameQuota(one: JsonObject, other: JsonObject): boolean {
  const plain = (value: JsonObject): JsonObject => ({ ...value, version: 0, counter: "", changedAtMs: 0 })
  return isDeepStrictEqual(plain(one), plain(other))
}
