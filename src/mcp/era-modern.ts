/**
 * The wire of MCP 2026-07-28 <-> the neutral form. The neutral form is this revision's own, so this file only moves
 * what describes the hop between `_meta` and the request's members.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

import { hop, hopKeys, metaOf, readLogLevel, withMeta, withoutHopKeys, withoutMeta } from "./meta.ts"
import { modernRevisions, type Answer, type ModernRevision, type Notification, type Request } from "./message.ts"
import { readMembers } from "./outline.ts"
import { ProtocolError } from "./protocol-error.ts"
import {
  labelOf,
  piecesWith,
  readString,
  toRaw,
  withMembers,
  writeObject,
  type RawJson,
  type RawObject,
} from "./raw-json.ts"
import { encodeAnswer, encodeResult, requestHead, type Bytes } from "./wire.ts"

/** Whether a request carries the modern envelope: what tells the eras apart. */
export function isModern(params: RawObject): boolean {
  return params.has("_meta") && metaOf(params).has(hop.protocolVersion)
}

/** @throws ProtocolError where the envelope lacks a required member, or names a revision we do not speak. */
export function readModernRequest(method: string, params: RawObject): Request {
  const meta = metaOf(params)
  const capabilities = meta.get(hop.clientCapabilities)
  if (capabilities?.[0] !== 0x7b) {
    throw new ProtocolError("invalid_params", `params._meta["${hop.clientCapabilities}"] must be an object.`)
  }
  return {
    method,
    params: withoutMeta(params),
    meta: withoutHopKeys(meta),
    client: {
      era: "modern",
      revision: readRevision(meta),
      capabilities: readMembers(capabilities),
      info: meta.get(hop.clientInfo),
    },
    progressToken: meta.get(hop.progressToken),
    logLevel: readLogLevel(meta.get(hop.logLevel)),
  }
}

function readRevision(meta: RawObject): ModernRevision {
  const requested = readString(meta.get(hop.protocolVersion))
  if (requested === undefined) {
    throw new ProtocolError("invalid_params", `params._meta["${hop.protocolVersion}"] must be a string.`)
  }
  const known = modernRevisions.find((revision) => revision === requested)
  if (known) return known
  throw new ProtocolError("unsupported_version", `Revision ${requested} is not spoken here.`, {
    data: { supported: modernRevisions, requested },
  })
}

/** A request to a modern service, the hop described by us. Its id is free to serve as its progress token. */
export function encodeModernRequest(id: number, request: Request): Buffer {
  const params = piecesWith(request.params, "_meta", hopPieces(id, request))
  return Buffer.concat([requestHead(id, request.method), ...params, end])
}

function hopPieces(id: number, { meta, client, logLevel, progressToken }: Request): readonly Buffer[] {
  const pieces = [metaHead, writeObject(client.capabilities)]
  if (client.info) pieces.push(labelOf(hop.clientInfo, ","), client.info)
  if (logLevel) pieces.push(labelOf(hop.logLevel, ","), toRaw(logLevel))
  if (progressToken) pieces.push(labelOf(hop.progressToken, ","), toRaw(id))
  for (const [key, raw] of meta) if (!hopKeys.has(key)) pieces.push(labelOf(key, ","), raw)
  pieces.push(end)
  return pieces
}

const end = Buffer.from("}")
const metaHead = Buffer.concat([
  labelOf(hop.protocolVersion, "{"),
  toRaw(modernRevisions[0]),
  labelOf(hop.clientCapabilities, ","),
])

/** What a modern service answered, without what described our hop. An absent `resultType` means complete. */
export function readModernAnswer(answer: Answer): Answer {
  if (answer.error) return answer
  const result = withoutHop(answer.result)
  return { result: result.has("resultType") ? result : new Map([["resultType", complete], ...result]) }
}

function withoutHop(members: RawObject): RawObject {
  const meta = metaOf(members)
  for (const key of meta.keys()) if (hopKeys.has(key)) return withMeta(members, withoutHopKeys(meta))
  return members
}

export const complete: RawJson = toRaw("complete")

/** The answer a modern client gets, signed with our own name. */
export function encodeModernAnswer(id: RawJson, answer: Answer, serverInfo: RawJson): Bytes {
  if (answer.error) return encodeAnswer(id, answer)
  return encodeResult(id, piecesWith(answer.result, "_meta", signature(answer.result, serverInfo)))
}

/** The same before it is written. */
export function signModern(answer: Answer, serverInfo: RawJson): Answer {
  if (answer.error) return answer
  return { result: withMembers(answer.result, { _meta: Buffer.concat(signature(answer.result, serverInfo)) }) }
}

function signature(result: RawObject, serverInfo: RawJson): readonly Buffer[] {
  return piecesWith(metaOf(result), hop.serverInfo, [serverInfo])
}

/** A notification of a modern service without its hop keys; its progress token is the caller's business. */
export function readModernNotification({ method, params }: Notification): Notification {
  const meta = metaOf(params)
  return meta.has(hop.subscriptionId)
    ? { method, params: withMeta(params, withoutHopKeys(meta)) }
    : { method, params }
}
