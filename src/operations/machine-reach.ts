/**
 * What a definition could do to this machine: start a program on it, give away values kept on it, speak to its sockets.
 * Whoever may only write services may do none of that, and may not bring it about by a change.
 */

import { holdsPlaceholder } from "../domain/placeholder.ts"
import { sharedName } from "../domain/naming.ts"
import type { ServiceDefinition } from "../domain/service.ts"
import { GatewayError } from "../errors.ts"
import type { OperationContext } from "./operation.ts"

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
  if (before && JSON.stringify(wayTo(before)) === JSON.stringify(wayTo(after))) return
  throw new GatewayError(
    "forbidden",
    `A service that ${what} needs the permission services:stdio:write, which you do not hold. Ask a principal that holds it to write this service.`,
    { detail: { permission: "services:stdio:write" } },
  )
}

function reachOf(definition: ServiceDefinition): string | undefined {
  if (definition.type === "stdio") return "starts a program on this machine"
  const urls = definition.endpoints.map(({ url }) => url)
  if ([...urls, ...Object.values(definition.headers)].some(holdsPlaceholder))
    return "uses a secret or a variable of this machine"
  return urls.some((url) => /^unix:/i.test(url)) ? "uses a socket of this machine" : undefined
}

/** Whether values that nobody is shown would be sent to where they were not meant for. */
function sendsElsewhere(before: ServiceDefinition, after: ServiceDefinition): boolean {
  if (before.type === "stdio" || after.type === "stdio") return false
  const known = new Set(before.endpoints.map(({ url }) => hostOf(url)))
  const keepsHeader = Object.entries(after.headers).some(([name, value]) => before.headers[name] === value)
  return keepsHeader && after.endpoints.some(({ url }) => !known.has(hostOf(url)))
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

function wayTo(definition: ServiceDefinition): readonly unknown[] {
  if (definition.type === "stdio") {
    const { type, command, args, env, cwd } = definition
    return [type, command, args, env, cwd]
  }
  return [definition.type, definition.endpoints.map(({ url }) => url), definition.headers]
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
