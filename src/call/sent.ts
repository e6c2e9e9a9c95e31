/**
 * What the caller sent for the service to work on: its arguments, and where there is more, all of it as one object.
 * Nothing that reaches a service is outside of its digest and its size.
 */

import type { Request } from "../mcp/message.ts"
import { objectPieces, writeObject, type RawObject } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"

/** Members of a request that name its target, or that a record says elsewhere. */
const named = new Set(["name", "uri", "ref", "arguments", "requestState"])
const traced = new Set(["traceparent", "tracestate", "baggage"])

/** The pieces of its JSON text. */
export function sentOf({ params, meta }: Request): readonly Buffer[] {
  const args = params.get("arguments")
  if (isWithin(params, named) && isWithin(meta, traced)) return args ? [args] : []
  const all = new Map([...(args ? [["arguments", args] as const] : []), ...without(params, named)])
  const said = without(meta, traced)
  return objectPieces(said.size > 0 ? all.set("_meta", writeObject(said)) : all)
}

/** The bytes of it, and of what the caller answered to questions meanwhile. */
export function bytesInOf({ sent, answeredBytes = 0 }: Pick<OpenCall, "sent" | "answeredBytes">): number {
  return lengthOf(sent) + answeredBytes
}

export function lengthOf(pieces: readonly Buffer[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

function isWithin(members: RawObject, names: ReadonlySet<string>): boolean {
  for (const name of members.keys()) if (!names.has(name)) return false
  return true
}

function without(members: RawObject, names: ReadonlySet<string>): RawObject {
  return new Map([...members].filter(([name]) => !names.has(name)))
}
