/**
 * The headers with which a request to a modern service repeats parts of its body. How they are checked on our own side,
 * and how a value becomes a header: mcp-headers.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import type { OutgoingCall } from "./carrier.ts"
import type { HeaderList, HttpClient } from "./http-client.ts"
import { argumentAt, encodeHeader, type ParamHeaders, nameMember } from "../mcp-headers.ts"
import { modernRevisions } from "../message.ts"
import { readString, type RawObject } from "../raw-json.ts"

/** Which arguments of a tool its service wants repeated; undefined where it wants none, or where we know none. */
export type FindParamHeaders = (tool: string) => ParamHeaders | undefined

/** So many names are remembered of each method; whatever comes after them begins anew. */
const maxNames = 1_000

/** Those of the requests over one client: the same for each call of a tool, but for what repeats its arguments. */
export class ModernHeaders {
  readonly #client: HttpClient
  readonly #findParams: FindParamHeaders
  readonly #known = { "tools/call": new Map<string, HeaderList>(), "prompts/get": new Map<string, HeaderList>() }

  constructor(client: HttpClient, findParams: FindParamHeaders) {
    this.#client = client
    this.#findParams = findParams
  }

  of({ method, params }: Pick<OutgoingCall, "method" | "params">): HeaderList {
    const name = readString(params.get(nameMember[method] ?? ""))
    if (name === undefined || (method !== "tools/call" && method !== "prompts/get"))
      return this.#make(method, name)
    const wanted = method === "tools/call" ? this.#findParams(name) : undefined
    if (wanted) return this.#make(method, name, paramHeaders(params, wanted))
    return this.#known[method].get(name) ?? this.#remember(method, name)
  }

  #remember(method: "tools/call" | "prompts/get", name: string): HeaderList {
    const known = this.#known[method]
    if (known.size === maxNames) known.clear()
    const made = this.#make(method, name)
    known.set(name, made)
    return made
  }

  #make(method: string, name: string | undefined, params: Record<string, string> = {}): HeaderList {
    return this.#client.headersOf({
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": modernRevisions[0],
      "mcp-method": encodeHeader(method),
      ...(name !== undefined && { "mcp-name": encodeHeader(name) }),
      ...params,
    })
  }
}

function paramHeaders(params: RawObject, wanted: ParamHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [suffix, path] of wanted) {
    const value = argumentAt(params.get("arguments"), path)
    if (value !== undefined) headers[`mcp-param-${suffix.toLowerCase()}`] = encodeHeader(value)
  }
  return headers
}
