/**
 * What a definition could do to this machine: start a program on it, give away values kept on it, speak to its sockets.
 * Whoever may only write services may do none of that, and may not bring it about by a change.
 */

import { sharedName } from "../../domain/naming.ts"
import { isReachedAlike, reachOf, sendsElsewhere } from "../../domain/services/service-reach.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

type Actor = Pick<OperationContext, "actor">

/**
 * @param before absent where the service is new
 * @throws GatewayError `forbidden`
 */
export function assertMayReach({ actor }: Actor, after: ServiceDefinition, before?: ServiceDefinition): void {
  const what =
    reachOf(after) ??
    (before && sendsElsewhere(before, after) ? "takes the headers kept for it to another host" : undefined)
  if (what === undefined || actor.may.holds("services:stdio:write")) return
  if (before && isReachedAlike(before, after)) return
  throw new GatewayError(
    "forbidden",
    `A service that ${what} needs the permission services:stdio:write, which you do not hold. Ask a principal that holds it to write this service.`,
    { detail: { permission: "services:stdio:write" } },
  )
}

/**
 * Grants speak of tools by the names that are shown, so whoever renames a tool must be allowed to use it: else they
 * could give it a name that they are.
 *
 * @throws GatewayError `forbidden`
 */
export function assertMayRename({ actor }: Actor, before: ServiceDefinition, after: ServiceDefinition): void {
  const shown = ({ tools }: ServiceDefinition, tool: string): string => tools.rename[tool] ?? tool
  const renamed = [...new Set([...Object.keys(before.tools.rename), ...Object.keys(after.tools.rename)])]
  const foreign = renamed
    .filter((tool) => shown(before, tool) !== shown(after, tool))
    .map((tool) => sharedName(before.name, shown(before, tool)))
    .filter((name) => !actor.may.mayUse("tools", name))
  if (foreign.length === 0) return
  throw new GatewayError(
    "forbidden",
    `Only who may use a tool may rename it; you may not use ${foreign.join(", ")}.`,
    {
      detail: { tools: foreign },
    },
  )
}
