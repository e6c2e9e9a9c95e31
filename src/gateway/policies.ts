/** Follows the policies that are kept: compiled when one has changed, and swapped whole. */

import { compilePolicies, type CompiledPolicies } from "../domain/policy/compiled-policies.ts"
import type { Policies } from "../domain/policy/policy.ts"
import { listAll } from "../operations/page.ts"
import type { Closers } from "./closers.ts"

/** @returns those of the moment */
export async function followPolicies(policies: Policies, closers: Closers): Promise<() => CompiledPolicies> {
  const byId = new Map((await listAll(policies)).map((policy) => [policy.id, policy]))
  let compiled = compilePolicies([...byId.values()])
  const unfollow = policies.watch((change) => {
    if (change.kind === "kept") byId.set(change.value.id, change.value)
    else byId.delete(change.id)
    compiled = compilePolicies([...byId.values()], compiled.revision + 1)
  })
  closers.add(unfollow)
  return () => compiled
}
