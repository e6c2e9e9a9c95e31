/**
 * The headers with which a request to a modern service repeats parts of its body. How they are checked on our own side,
 * and how a value becomes a header: mcp-headers.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import { GatewayError } from "../../errors.ts"
import type { OutgoingCall } from "./carrier.ts"
import type { HeaderList, HttpClient } from "./http-client.ts"
import { argumentAt, encodeHeader, type ParamHeaders, nameMember } from "../mcp-headers.ts"
import { modernRevisions } from "../message.ts"
import { ProtocolError } from "../protocol-error.ts"
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

  /** @throws GatewayError `too_large` */
  #make(method: string, name: string | undefined, params: Record<string, string> = {}): HeaderList {
    return this.#client.headersOf({
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": modernRevisions[0],
      "mcp-method": encodeHeader(method),
      ...(name !== undefined && { "mcp-name": fitting("mcp-name", name) }),
      ...params,
    })
  }
}

/** What servers at large take as one line of a request's head; past it many end the connection without a word. */
const maxValueBytes = 8_000

function fitting(header: string, value: string | number | boolean): string {
  const encoded = encodeHeader(value)
  if (encoded.length <= maxValueBytes) return encoded
  throw new GatewayError(
    "too_large",
    `The header ${header} must repeat what was sent, and takes ${maxValueBytes} bytes; send less.`,
    { detail: { header, maxBytes: maxValueBytes } },
  )
}

function paramHeaders(params: RawObject, wanted: ParamHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [suffix, path] of wanted) {
    const value = findArgument(params, path)
    const header = `mcp-param-${suffix.toLowerCase()}`
    if (value !== undefined) headers[header] = fitting(header, value)
  }
  return headers
}

/** @throws GatewayError `invalid` for arguments that say two things under one name: which of them to repeat is a guess */
function findArgument(params: RawObject, path: readonly string[]): ReturnType<typeof argumentAt> {
  try {
    return argumentAt(params.get("arguments"), path)
  } catch (thrown) {
    throw thrown instanceof ProtocolError ? new GatewayError("invalid", thrown.message, { cause: thrown }) : thrown
  }
}
