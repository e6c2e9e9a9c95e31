/**
 * Grants and policies of one moment, asked of anybody: the call asks here, and operations that explain or simulate what
 * a call would be told.
 */

import type { Catalog, ItemKind } from "../catalog.ts"
import type { Permission } from "../permission.ts"
import type { ActivePrincipal } from "../principal.ts"
import type { Circumstances } from "./circumstances.ts"
import type { CompiledPolicies } from "./compiled-policies.ts"
import { mayEver, type AskedOfPolicy } from "./decide.ts"
import { policyItemOf, type PolicyThing } from "./item.ts"
import type { PolicyAction } from "./policy.ts"

export type Access = {
  readonly policies: CompiledPolicies
  readonly catalog: Catalog
  /** Those of who asks. */
  readonly circumstances: Circumstances
  /** What it takes to perform an operation; undefined where there is none of that name. */
  readonly permissionOf: (operation: string) => Permission | undefined
}

/** Grants speak of templates as they do of the resources that come from them. */
const grantedAs = { tools: "tools", prompts: "prompts", resources: "resources", templates: "resources" } as const

/** What it is to use something, but for completing what one writes for it. */
export const usedBy: Readonly<Record<ItemKind, PolicyAction>> = {
  tools: "call",
  prompts: "get",
  resources: "read",
  templates: "read",
}

type Use = { readonly entry: PolicyThing; readonly action: PolicyAction; readonly circumstances: Circumstances }

export function askOf(
  { catalog }: Pick<Access, "catalog">,
  who: Pick<ActivePrincipal, "principal" | "may">,
  { entry, action, circumstances }: Use,
): AskedOfPolicy {
  const item = policyItemOf(catalog, entry)
  return { principal: who.principal, action, item, circumstances, isGranted: isGranted(who, entry) }
}

export function isGranted(
  { may }: Pick<ActivePrincipal, "may">,
  { kind, canonicalName }: Pick<PolicyThing, "kind" | "canonicalName">,
): boolean {
  return may.mayUse(grantedAs[kind], canonicalName)
}

/** Whether it may be used with some arguments, which is whether it is listed. */
export function mayReach(
  access: Pick<Access, "policies" | "catalog">,
  who: Pick<ActivePrincipal, "principal" | "may">,
  entry: PolicyThing,
  circumstances: Circumstances,
): boolean {
  return mayEver(access.policies, askOf(access, who, { entry, action: usedBy[entry.kind], circumstances }))
}
