/** How two quotas compare: whether they count the same, and whether one lets more through. */

import { isDeepStrictEqual } from "node:util"
import type { Draft } from "../collection.ts"
import type { Quota } from "./quota.ts"

type Counting = Omit<Draft<Quota>, "counter">

/** Whether both count the same things in the same way, so that what was counted by one still holds for the other. */
export function countsTheSame(one: Counting, other: Counting): boolean {
  return isDeepStrictEqual(countedBy(one), countedBy(other))
}

/** One that counts something else, or otherwise, is held to be looser: what it let through nobody can compare. */
export function isLooser(before: Quota, after: Quota): boolean {
  if (!countsTheSame(before, after)) return true
  return after.limit > before.limit || (before.action === "refuse" && after.action === "warn")
}

function countedBy({ subject, target, unit, algorithm, window }: Counting): readonly unknown[] {
  return [subject, target, unit, algorithm, window]
}
