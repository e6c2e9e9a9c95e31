/** Valid messages of both eras and the fields of HTTP that go with them: what is bent afterwards (bending.ts). */

import type { Field } from "./http-bytes.ts"

export type Params = Readonly<Record<string, unknown>>

export type Message = {
  readonly jsonrpc: "2.0"
  readonly id?: number | string
  readonly method: string
  readonly params?: Params
}

export const modernRevision = "2026-07-28"
export const legacyRevision = "2025-11-25"
export const clientInfo = { name: "input", version: "1.0.0" }

export const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": modernRevision,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": clientInfo,
}

export const jsonFields: readonly Field[] = [
  ["content-type", "application/json"],
  ["accept", "application/json, text/event-stream"],
]

/** The members of params that a header repeats. */
const named = ["name", "uri", "taskId"]

export function legacyMessage(method: string, params: Params, id: number | string = 1): Message {
  const isNotification = method.startsWith("notifications/")
  return { jsonrpc: "2.0", ...(!isNotification && { id }), method, params }
}

export function modernMessage(method: string, params: Params, id: number | string = 1): Message {
  return { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...modernMeta } } }
}

export function modernFields({ method, params = {} }: Message): readonly Field[] {
  const name = named.map((member) => params[member]).find((value) => typeof value === "string")
  const region = (params["arguments"] as Params | undefined)?.["region"]
  return [
    ["mcp-protocol-version", modernRevision],
    ["mcp-method", headerText(method)],
    ...(typeof name === "string" ? [["mcp-name", headerText(name)] as const] : []),
    ...(typeof region === "string" ? [["mcp-param-region", headerText(region)] as const] : []),
  ]
}

/** As a client writes it: as it is where plain, else in base64. */
export function headerText(value: string): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : `=?base64?${Buffer.from(value).toString("base64")}?=`
}
