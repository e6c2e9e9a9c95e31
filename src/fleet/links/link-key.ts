/**
 * Which calls may share a connection. Whose credential, state or questions a connection carries, only that one's calls
 * go over it; everything else shares one.
 */

import type { ServiceDefinition } from "../../domain/services/service.ts"
import { askableOf } from "../../mcp/asking.ts"
import type { Era, Exchange, Request } from "../../mcp/message.ts"
import { noMembers, writeObject, type RawObject } from "../../mcp/raw-json.ts"

export type LinkKey = {
  /** Equal for calls that share. */
  readonly id: string
  /** Whose calls they are. */
  readonly principalId: string
  /** The ClientCapabilities under which the connection is made. */
  readonly capabilities: RawObject
  /** Aborts when nobody can use the connection any more. */
  readonly closed?: AbortSignal
}

export type Caller = { readonly request: Request; readonly exchange: Exchange; readonly principalId: string }

/** @returns undefined where the call goes over the connection that all share */
export function linkKeyFor(definition: ServiceDefinition, era: Era, caller: Caller): LinkKey | undefined {
  const askable = era === "legacy" && maySpeakFor(definition) ? capabilitiesOf(caller) : noMembers
  const { session } = caller.exchange
  const asksByUrl = definition.type !== "stdio" && askable.size > 0
  if (definition.isolation === "shared" && !asksByUrl) return undefined
  const capabilities = era === "legacy" ? withExtensions(askable, caller) : askable
  const ownSession = asksByUrl || definition.isolation === "session" ? session : undefined
  const whose = [caller.principalId, ownSession?.id ?? null, writeObject(capabilities).toString()]
  const { principalId } = caller
  return { id: JSON.stringify(whose), principalId, capabilities, ...(ownSession && { closed: ownSession.closed }) }
}

/** A connection of one's own is made under one's own settings of extensions, such as MCP Apps. */
function withExtensions(askable: RawObject, { request }: Caller): RawObject {
  const extensions = request.client.capabilities.get("extensions")
  return extensions?.[0] === 0x7b ? new Map([...askable, ["extensions", extensions]]) : askable
}

/** A pipe that callers share cannot say whose call asks. */
export function maySpeakFor({ type, isolation }: ServiceDefinition): boolean {
  return type !== "stdio" || isolation !== "shared"
}

/** A modern client asks for a completion over the connection of its calls, though nothing can be asked back there. */
function capabilitiesOf({ request, exchange }: Caller): RawObject {
  const canBeAsked = exchange.ask !== undefined || request.client.era === "modern"
  return canBeAsked ? askableOf(request.client) : noMembers
}
