/**
 * The wire of MCP 2026-07-28 <-> the neutral form. The neutral form is this revision's own, so this file only moves
 * what describes the hop between `_meta` and the request's members.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

import { hop, metaOf, readLogLevel, withMeta, withoutHopKeys, withoutMeta } from "./meta.ts"
import { modernRevisions, type Answer, type ModernRevision, type Notification, type Request } from "./message.ts"
import { readMembers } from "./outline.ts"
import { ProtocolError } from "./protocol-error.ts"
import { readString, toRaw, writeObject, type RawJson, type RawObject } from "./raw-json.ts"

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

/** The params of a request to a modern service, the hop described by us. */
export function writeModernParams(request: Request, progressToken: RawJson | undefined): RawObject {
  const meta = new Map(request.meta)
  meta.set(hop.protocolVersion, toRaw(modernRevisions[0]))
  meta.set(hop.clientCapabilities, writeObject(request.client.capabilities))
  if (request.client.info) meta.set(hop.clientInfo, request.client.info)
  if (request.logLevel) meta.set(hop.logLevel, toRaw(request.logLevel))
  if (progressToken) meta.set(hop.progressToken, progressToken)
  return withMeta(request.params, meta)
}

/** What a modern service answered, without what described our hop. An absent `resultType` means complete. */
export function readModernAnswer(answer: Answer): Answer {
  if (answer.error) return answer
  const result = withMeta(answer.result, withoutHopKeys(metaOf(answer.result)))
  return { result: result.has("resultType") ? result : new Map([["resultType", complete], ...result]) }
}

export const complete: RawJson = toRaw("complete")

/** The answer a modern client gets, signed with our own name. */
export function writeModernAnswer(answer: Answer, serverInfo: RawJson): Answer {
  if (answer.error) return answer
  const meta = new Map(metaOf(answer.result)).set(hop.serverInfo, serverInfo)
  return { result: withMeta(answer.result, meta) }
}

/** A notification of a modern service without its hop keys; its progress token is the caller's business. */
export function readModernNotification({ method, params }: Notification): Notification {
  const meta = metaOf(params)
  return meta.has(hop.subscriptionId)
    ? { method, params: withMeta(params, withoutHopKeys(meta)) }
    : { method, params }
}
