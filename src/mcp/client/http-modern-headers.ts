/**
 * The headers with which a request to a modern service repeats parts of its body. How they are checked on our own side,
 * and how a value becomes a header: mcp-headers.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import { argumentAt, encodeHeader, type ParamHeaders, nameMember } from "../mcp-headers.ts"
import { modernRevisions } from "../message.ts"
import { readString, type RawObject } from "../raw-json.ts"

/** Which arguments of a tool its service wants repeated; undefined where it wants none, or where we know none. */
export type FindParamHeaders = (tool: string) => ParamHeaders | undefined

export function modernHeaders(
  method: string,
  params: RawObject,
  findParams: FindParamHeaders,
): Record<string, string> {
  const name = readString(params.get(nameMember[method] ?? ""))
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": modernRevisions[0],
    "mcp-method": encodeHeader(method),
    ...(name !== undefined && { "mcp-name": encodeHeader(name) }),
    ...(method === "tools/call" && name !== undefined && paramHeaders(params, findParams(name))),
  }
}

function paramHeaders(params: RawObject, wanted: ParamHeaders | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [suffix, path] of wanted ?? []) {
    const value = argumentAt(params.get("arguments"), path)
    if (value !== undefined) headers[`mcp-param-${suffix.toLowerCase()}`] = encodeHeader(value)
  }
  return headers
}
