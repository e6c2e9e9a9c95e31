/**
 * What clients may keep of a resource: as long as its service says, each for itself. That everyone may share it is
 * believed only where the service's file says so too, since the service answered the one credential of the gateway.
 */

import type { RelayTerms } from "../domain/services/service.ts"
import type { Answer } from "../mcp/message.ts"
import { resultTypeOf } from "../mcp/result-type.ts"
import { readString, toRaw, withMembers } from "../mcp/raw-json.ts"

export function withOwnScope(answer: Answer, terms: RelayTerms | undefined): Answer {
  const { result } = answer
  if (!result || resultTypeOf(answer) !== "complete") return answer
  const isShared = readString(result.get("cacheScope")) === "public" && terms?.cache === "public"
  const cacheScope = toRaw(isShared ? "public" : "private")
  return { result: withMembers(result, { ttlMs: result.get("ttlMs") ?? toRaw(0), cacheScope }) }
}
