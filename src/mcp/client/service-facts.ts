/**
 * What a service said of itself, from the answer to `initialize` or `server/discover`.
 */

import type { ServiceFacts } from "./link.ts"
import { hop, metaOf } from "../meta.ts"
import { legacyRevisions, modernRevisions, type ClientFacts, type Era, type Request } from "../message.ts"
import { fromRaw, noMembers, readString, type RawJson, type RawObject } from "../raw-json.ts"

type Protocol = Pick<ServiceFacts, "era" | "revision">

/** @param answer the result of the handshake; what of it is missing or malformed counts as not said */
export function readFacts({ era, revision }: Protocol, answer: RawObject): ServiceFacts {
  const capabilities = answer.get("capabilities")
  return {
    era,
    revision,
    capabilities: capabilities?.[0] === 0x7b ? (fromRaw(capabilities) as Record<string, unknown>) : {},
    info: era === "modern" ? metaOf(answer).get(hop.serverInfo) : answer.get("serverInfo"),
    instructions: readString(answer.get("instructions")),
  }
}

/** A request of our own, on nobody's behalf. */
export function ownRequest(method: string, client: ClientFacts, params: RawObject = noMembers): Request {
  return { method, params, meta: noMembers, client, progressToken: undefined, logLevel: undefined }
}

/** Ourselves, as the client that a link introduces. */
export function clientOf(
  era: Era,
  { capabilities, clientInfo }: { capabilities: RawObject; clientInfo: RawJson },
): ClientFacts {
  const revision = era === "modern" ? modernRevisions[0] : legacyRevisions[0]
  return { era, revision, capabilities, info: clientInfo }
}
