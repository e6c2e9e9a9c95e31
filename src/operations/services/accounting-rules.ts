/**
 * What a definition says of prices, of the record and of trust binds others than the service: a price decides how far
 * quotas reach, what is kept of calls is the auditor's business, and trust is for who governs to give back. Whoever may only write services leaves both as they are.
 */

import { isDeepStrictEqual } from "node:util"
import type { Permission } from "../../domain/permission.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

const unpriced = {}
const unruled = { payloads: undefined, redact: [] }

/**
 * @param before absent where the service is new
 * @throws GatewayError `forbidden`
 */
export function assertMayAccount(
  { actor }: Pick<OperationContext, "actor">,
  after: ServiceDefinition,
  before?: ServiceDefinition,
): void {
  const changes: readonly (readonly [boolean, string, Permission])[] = [
    [isDeepStrictEqual(after.tools.cost, before?.tools.cost ?? unpriced), "tools.cost", "quotas:write"],
    [isDeepStrictEqual(after.audit, before?.audit ?? unruled), "audit", "audit:write"],
    [after.trust === "untrusted" || (before?.trust ?? "trusted") === "trusted", "trust", "govern"],
  ]
  for (const [isSame, field, permission] of changes) {
    if (isSame || actor.may.holds(permission)) continue
    const text = `To set the field "${field}" you need the permission ${permission}; leave it out, or ask who holds it.`
    throw new GatewayError("forbidden", text, { detail: { permission } })
  }
}
