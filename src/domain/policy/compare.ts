/** How two versions of a policy compare: which rules differ, and whether one lets more through. */

import { isDeepStrictEqual } from "node:util"
import type { Policy, PolicyRule } from "./policy.ts"

type Compared = Pick<Policy, "mode" | "rules">

/** The rules of either that are not in force in the same way in the other. */
export function differingRules(before: Compared | undefined, after: Compared | undefined): readonly PolicyRule[] {
  if (before?.mode !== after?.mode) return [...(before?.rules ?? []), ...(after?.rules ?? [])]
  return [...without(before, after), ...without(after, before)]
}

/** A rule that was changed is held to be another: what it let through nobody can compare. */
export function isLooserPolicy(before: Compared | undefined, after: Compared | undefined): boolean {
  const [was, is] = [inForce(before), inForce(after)]
  const lost = without(was, is).some(({ effect }) => effect === "deny")
  return lost || without(is, was).some(({ effect }) => effect === "allow")
}

function inForce(policy: Compared | undefined): Compared | undefined {
  return policy?.mode === "enforce" ? policy : undefined
}

function without(one: Compared | undefined, other: Compared | undefined): readonly PolicyRule[] {
  return (one?.rules ?? []).filter((rule) => !other?.rules.some((same) => isDeepStrictEqual(same, rule)))
}
