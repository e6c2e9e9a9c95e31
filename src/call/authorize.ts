/**
 * The authorize step: may this principal use this target? The lists ask here too, so that what is listed is exactly
 * what can be called. What grants mean: domain/permission.ts.
 */

import type { ItemKind } from "../domain/catalog.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { Known } from "./resolve.ts"
import { unknownTarget, type Target } from "./target.ts"

/** Grants speak of templates as they do of the resources that come from them. */
const grantedAs = { tools: "tools", prompts: "prompts", resources: "resources", templates: "resources" } as const

/** @throws GatewayError `not_found`, in the words for what does not exist: who may not use it may not know it */
export function authorize(principal: ActivePrincipal, target: Target): void {
  const allowed =
    target.kind === "operation"
      ? principal.may.holds(target.tool.permission)
      : mayUse(principal, target.entry.kind, target.entry.canonicalName)
  if (!allowed) throw unknownTarget(target.asked)
}

export function mayUse({ may }: ActivePrincipal, kind: ItemKind, canonicalName: string): boolean {
  return may.mayUse(grantedAs[kind], canonicalName)
}

export function mayPerform(
  { managementTools }: Pick<Known, "managementTools">,
  { may }: ActivePrincipal,
  operation: string,
): boolean {
  const tool = managementTools.get(operation)
  return tool !== undefined && may.holds(tool.permission)
}
