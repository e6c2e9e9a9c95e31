/**
 * The headers that repeat parts of a modern request's body for intermediaries. Whoever reads the body must refuse a
 * message whose headers say something else, or a router in front could be told one thing and the service another.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import type { IncomingHttpHeaders } from "node:http"
import type { Request } from "./message.ts"
import { hop, metaOf } from "./meta.ts"
import { readMembers } from "./outline.ts"
import { ProtocolError } from "./protocol-error.ts"
import { fromRaw, readString, type RawJson, type RawObject } from "./raw-json.ts"

/** Header suffix in lower case -> path of property names into the arguments. */
export type ParamHeaders = ReadonlyMap<string, readonly string[]>

/** Which member of the params `Mcp-Name` repeats. */
export const nameMember: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
}

/** What the body says counts, and whether it can be served is asked only once the header agrees. */
export function checkRevisionHeader(params: RawObject, headers: IncomingHttpHeaders): void {
  expectHeader(headers, "mcp-protocol-version", readString(metaOf(params).get(hop.protocolVersion)) ?? "")
}

/** @throws ProtocolError -32020 where a header is missing, malformed or contradicts the body. */
export function checkHeaders(
  request: Request,
  headers: IncomingHttpHeaders,
  paramHeaders: ParamHeaders | undefined,
): void {
  expectHeader(headers, "mcp-method", request.method)
  const member = nameMember[request.method]
  if (member) expectHeader(headers, "mcp-name", readString(request.params.get(member)) ?? "")
  if (paramHeaders) checkParams(request, headers, paramHeaders)
}

function expectHeader(headers: IncomingHttpHeaders, name: string, expected: string): void {
  const sent = headers[name]
  if (typeof sent !== "string") throw mismatch(`The header ${name} is missing.`)
  if (decodeHeader(name, sent) !== expected) throw mismatch(`The header ${name} contradicts the body.`)
}

function checkParams(request: Request, headers: IncomingHttpHeaders, paramHeaders: ParamHeaders): void {
  for (const [suffix, path] of paramHeaders) {
    const name = `mcp-param-${suffix}`
    const sent = headers[name]
    const value = argumentAt(request.params.get("arguments"), path)
    if (value === undefined && sent === undefined) continue
    if (value === undefined) throw mismatch(`The header ${name} names an argument that the body lacks.`)
    if (typeof sent !== "string") throw mismatch(`The header ${name} is missing.`)
    if (!sameValue(decodeHeader(name, sent), value)) throw mismatch(`The header ${name} contradicts the body.`)
  }
}

/** The primitive at a path of the arguments, `null` counting as absent. */
export function argumentAt(
  raw: RawJson | undefined,
  path: readonly string[],
): string | number | boolean | undefined {
  let at = raw
  for (const key of path) {
    if (at?.[0] !== 0x7b) return undefined
    at = readMembers(at).get(key)
  }
  const value = at && fromRaw(at)
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined
}

function sameValue(sent: string, value: string | number | boolean): boolean {
  if (typeof value === "number") return /^-?\d+(\.\d+)?$/.test(sent) && Number(sent) === value
  return sent === String(value)
}

const sentinel = /^=\?base64\?(.*)\?=$/

function decodeHeader(name: string, sent: string): string {
  const encoded = sent.startsWith("=?") ? sentinel.exec(sent)?.[1] : undefined
  if (encoded === undefined) return sent
  const bytes = Buffer.from(encoded, "base64")
  if (bytes.toString("base64") !== encoded) throw mismatch(`The header ${name} is not valid base64.`)
  return bytes.toString()
}

/** A value as a header carries it: as it is where plain, else in the base64 form. */
export function encodeHeader(value: string | number | boolean): string {
  const text = String(value)
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?/i.test(text)
  return plain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`
}

function mismatch(message: string): ProtocolError {
  return new ProtocolError("header_mismatch", message)
}
