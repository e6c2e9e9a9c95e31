/** When two definitions are the same, and when a service that was changed still has the lists it had. */

import { hash } from "node:crypto"
import type { ServiceDefinition } from "../domain/services/service.ts"

export function digestOf(definition: ServiceDefinition): string {
  return hash("sha256", canonical(definition))
}

/** Of what decides which service is reached, and as whom: the rest changes what is shown of its lists, not the lists. */
export function cacheKeyOf(definition: ServiceDefinition): string {
  const reach =
    definition.type === "stdio"
      ? [definition.command, definition.args, definition.env, definition.cwd]
      : [definition.endpoints.map(({ url }) => url), definition.headers]
  return hash("sha256", canonical([definition.type, reach]))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
