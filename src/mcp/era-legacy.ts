/**
 * The wire of MCP 2024-11-05 to 2025-11-25 <-> the neutral form. What those revisions keep in a session (`initialize`,
 * `logging/setLevel`, `resources/subscribe`) is left to legacy-session.ts on our side and legacy-link.ts on theirs.
 */

import { complete } from "./era-modern.ts"
import { readLegacyTask, writeLegacyTaskResult } from "./legacy-tasks.ts"
import { passedOn } from "./large-members.ts"
import { hop, metaOf, withMeta, withoutHopKeys, withoutMeta } from "./meta.ts"
import { isOfSpecification, type Answer, type ClientFacts, type LogLevel, type Request } from "./message.ts"
import { fromRaw, toRaw, withMembers, type RawJson, type RawObject } from "./raw-json.ts"

/** `-32002` said what `-32602` with `data.uri` says since 2026-07-28. */
const resourceNotFound = -32002
const invalidParams = -32602

/** Members of a result that older revisions do not know. */
const modernMembers = { resultType: undefined, ttlMs: undefined, cacheScope: undefined }
const uncached = { ttlMs: toRaw(0), cacheScope: toRaw("private") }

export function readLegacyRequest(
  message: { readonly method: string; readonly params: RawObject },
  client: ClientFacts,
  logLevel: LogLevel | undefined,
): Request {
  const meta = metaOf(message.params)
  return {
    method: message.method,
    params: withoutMeta(message.params),
    meta: withoutHopKeys(meta),
    client,
    progressToken: meta.get(hop.progressToken),
    logLevel,
  }
}

export function writeLegacyParams(request: Request, progressToken: RawJson | undefined): RawObject {
  return withMeta(
    request.params,
    progressToken ? new Map(request.meta).set(hop.progressToken, progressToken) : request.meta,
  )
}

/** What a legacy service answered, with the members every modern result must have. */
export function readLegacyAnswer(method: string, answer: Answer): Answer {
  if (answer.error) return { error: { ...answer.error, code: modernCode(answer.error.code) } }
  if (!isOfSpecification(method)) return answer
  const isTask = method === "tasks/get" || method === "tasks/cancel"
  const marked = new Map([["resultType", complete], ...(isTask ? readLegacyTask(answer.result) : answer.result)])
  if (method === "tools/call" && !answer.result.has("resultType")) return { result: marked }
  // A member of that name means nothing in this era, whatever the service put there.
  return { result: withMembers(marked, { resultType: complete, ...(method === "resources/read" && uncached) }) }
}

function modernCode(code: number): number {
  return code === resourceNotFound ? invalidParams : code
}

/** The answer as a legacy client understands it. */
export function writeLegacyAnswer(method: string, answer: Answer): Answer {
  if (answer.error)
    return {
      error: isResourceNotFound(method, answer) ? { ...answer.error, code: resourceNotFound } : answer.error,
    }
  if (!isOfSpecification(method)) return answer
  const plain = withMembers(writeLegacyTaskResult(method, answer.result) ?? answer.result, modernMembers)
  const result = plain.has("_meta") ? withMeta(plain, withoutHopKeys(metaOf(plain))) : plain
  return { result: holdsToolResult(method) ? withObjectContent(result) : result }
}

function holdsToolResult(method: string): boolean {
  return method === "tools/call" || method === "tasks/result"
}

function isResourceNotFound(method: string, { error }: Answer): boolean {
  return (
    method === "resources/read" && error?.code === invalidParams && error.data !== undefined && hasUri(error.data)
  )
}

function hasUri(data: RawJson): boolean {
  const value = fromRaw(data)
  return typeof value === "object" && value !== null && "uri" in value
}

export const objectContent = { before: Buffer.from('{"result":'), after: Buffer.from("}") } as const

/** Before 2026-07-28 structured content is an object; another value is wrapped as the schema listed for it is. */
function withObjectContent(result: RawObject): RawObject {
  const content = result.get("structuredContent")
  // What went ahead was wrapped on its way.
  if (!content || content === passedOn || content[0] === 0x7b) return result
  return withMembers(result, {
    structuredContent: Buffer.concat([objectContent.before, content, objectContent.after]),
  })
}

/**
 * The output schema to list for a legacy client where it differs: those revisions want an object at the root.
 * @returns undefined where the schema can stay as it is
 */
export function legacyOutputSchema(schema: RawJson): RawJson | undefined {
  const parsed = fromRaw(schema) as { type?: unknown }
  if (parsed.type === "object") return undefined
  return toRaw({ type: "object", properties: { result: parsed }, required: ["result"] })
}
