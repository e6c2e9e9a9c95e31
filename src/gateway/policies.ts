/**
 * Follows the policies that are kept: compiled when one has changed, and swapped whole. That one has changed is told by
 * whoever changed it; that the time of one has come or gone, here.
 */

import { PolicyTimes } from "../call/policy-times.ts"
import { compilePolicies, type CompiledPolicies } from "../domain/policy/compiled-policies.ts"
import { listAll } from "../operations/page.ts"
import type { Closers } from "./closers.ts"
import type { Stores } from "./stores.ts"

/** @returns those of the moment */
export async function followPolicies(
  { policies, events }: Pick<Stores, "policies" | "events">,
  closers: Closers,
): Promise<() => CompiledPolicies> {
  const byId = new Map((await listAll(policies)).map((policy) => [policy.id, policy]))
  let compiled = compilePolicies([...byId.values()])
  const times = new PolicyTimes({ now: Date.now, onTurn: () => events.publish({ type: "policies" }) })
  times.follow(compiled.all)
  closers.add(() => times.stop())
  const unfollow = policies.watch((change) => {
    if (change.kind === "kept") byId.set(change.value.id, change.value)
    else byId.delete(change.id)
    compiled = compilePolicies([...byId.values()], compiled.revision + 1)
    times.follow(compiled.all)
  })
  closers.add(unfollow)
  return () => compiled
}
