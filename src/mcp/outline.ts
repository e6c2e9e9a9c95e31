/**
 * The outline of a message from its bytes: one strict pass that refuses what is not JSON or not a message, and keeps
 * views of the values. What it accepts, any other JSON reader takes for the same message.
 *
 * The grammar is left to json-scanner.ts, members and duplicates to json-members.ts, the rules of JSON-RPC to
 * envelope.ts. What an outline becomes next: era-legacy.ts and era-modern.ts.
 */

import { messageShape, readEnvelope } from "./envelope.ts"
import { noteArray, noteObject, type Shape } from "./json/json-members.ts"
import { startWalk } from "./json/json-scanner.ts"
import type { Outline } from "./message.ts"
import { ProtocolError } from "./protocol-error.ts"
import type { RawJson, RawObject } from "./raw-json.ts"

/** Containers that may stand open at once. */
export const maxDepth = 64
const maxBatch = 100
const maxItems = 100_000

const objectShape: Shape = { name: "the object", inside: new Map() }

export type Messages =
  | { readonly batch: false; readonly message: Outline }
  | { readonly batch: true; readonly messages: readonly Outline[] }

/**
 * @param bytes exactly one message: UTF-8, nothing after it but white space
 * @throws ProtocolError `parse_error` without an id for what is not JSON, `invalid_request` with the message's id,
 *   where it could be read, for what is no message of MCP
 */
export function readOutline(bytes: Buffer, { maxDepth: depth = maxDepth }: { maxDepth?: number } = {}): Outline {
  const walk = startWalk(bytes, depth)
  const noted = noteObject(walk, messageShape)
  if (!noted) throw new ProtocolError("invalid_request", "A message must be one JSON object.")
  return readEnvelope(noted, walk.fault)
}

/**
 * For peers that may send batches, as only MCP 2025-03-26 allows.
 *
 * @throws ProtocolError as readOutline does: one bad message refuses the batch, so that none of it is acted on
 */
export function readMessages(bytes: Buffer): Messages {
  if (!startsArray(bytes)) return { batch: false, message: readOutline(bytes) }
  const walk = startWalk(bytes, maxDepth + 1)
  const items = noteArray(walk, maxBatch) ?? []
  if (walk.fault !== undefined) throw new ProtocolError("invalid_request", walk.fault)
  if (items.length === 0) throw new ProtocolError("invalid_request", "A batch must hold at least one message.")
  return { batch: true, messages: items.map((item) => readOutline(item)) }
}

/** The members of an object inside a message. @throws ProtocolError `invalid_params` when it is none, or repeats a key */
export function readMembers(raw: RawJson): RawObject {
  const walk = startWalk(raw, maxDepth)
  const members = noteObject(walk, objectShape)
  if (!members) throw new ProtocolError("invalid_params", "An object is needed where another value was sent.")
  if (walk.fault !== undefined) throw new ProtocolError("invalid_params", walk.fault)
  return members
}

/** The items of an array inside a message. @throws ProtocolError `invalid_params` when it is none */
export function readItems(raw: RawJson, { maxDepth: depth = maxDepth }: { maxDepth?: number } = {}): RawJson[] {
  const walk = startWalk(raw, depth)
  const items = noteArray(walk, maxItems)
  if (!items) throw new ProtocolError("invalid_params", "An array is needed where another value was sent.")
  if (walk.fault !== undefined) throw new ProtocolError("invalid_params", walk.fault)
  return items
}

function startsArray(bytes: Buffer): boolean {
  let first = 0
  while ((bytes[first] as number) <= 0x20) first++
  return bytes[first] === 0x5b
}
