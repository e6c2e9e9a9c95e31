/**
 * Which calls may share a connection. Whose credential, state or questions a connection carries, only that one's calls
 * go over it; everything else shares one.
 */

import type { ServiceDefinition } from "../../domain/service.ts"
import type { Era, Exchange, Request } from "../../mcp/message.ts"
import { noMembers, writeObject, type RawObject } from "../../mcp/raw-json.ts"

export type LinkKey = {
  /** Equal for calls that share. */
  readonly id: string
  /** The ClientCapabilities under which the connection is made. */
  readonly capabilities: RawObject
  /** Aborts when nobody can use the connection any more. */
  readonly closed?: AbortSignal
}

export type Caller = { readonly request: Request; readonly exchange: Exchange; readonly principalId: string }

/** What lets a service of the legacy era ask its client something. */
const askable = ["elicitation", "sampling", "roots"] as const

/** @returns undefined where the call goes over the connection that all share */
export function linkKeyFor(definition: ServiceDefinition, era: Era, caller: Caller): LinkKey | undefined {
  const capabilities = era === "legacy" && maySpeakFor(definition) ? askableOf(caller) : noMembers
  const { session } = caller.exchange
  if (definition.type !== "stdio" && capabilities.size > 0) return askingKey(caller, capabilities)
  if (definition.isolation === "shared") return undefined
  if (definition.isolation === "session" && session) {
    return { id: JSON.stringify([caller.principalId, session.id]), capabilities, closed: session.closed }
  }
  return { id: JSON.stringify([caller.principalId]), capabilities }
}

/** A pipe that callers share cannot say whose call asks. */
function maySpeakFor({ type, isolation }: ServiceDefinition): boolean {
  return type !== "stdio" || isolation !== "shared"
}

function askingKey({ principalId, exchange: { session } }: Caller, capabilities: RawObject): LinkKey {
  const id = JSON.stringify([principalId, session?.id ?? null, writeObject(capabilities).toString()])
  return { id, capabilities, ...(session && { closed: session.closed }) }
}

function askableOf({ request, exchange }: Caller): RawObject {
  if (!exchange.ask) return noMembers
  return new Map(
    askable.flatMap((name) => {
      const raw = request.client.capabilities.get(name)
      return raw ? [[name, raw] as const] : []
    }),
  )
}

export function withoutAskable(capabilities: RawObject): RawObject {
  return new Map([...capabilities].filter(([name]) => !askable.some((known) => known === name)))
}
