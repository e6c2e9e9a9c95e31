/** How a service behaves: what every misbehaving one does where its kind says nothing else. */

import type { Era, Message } from "./mouth.ts"

export const revision = "2026-07-28"
const capabilities = { tools: { listChanged: true } }
const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
const info = { name: "world", version: "1.0.0" }

export type Tool = { readonly name: string; readonly inputSchema: unknown } & Readonly<Record<string, unknown>>

export const echo: Tool = { name: "echo", description: "Says the nonce.", inputSchema: { type: "object" } }

/** @returns the answer's own member, `result` or `error` */
export function properAnswer(era: Era, { method = "", params = {} }: Message): object {
  const result = resultOf(era, method, params)
  return result ? { result } : { error: { code: -32601, message: `No method ${method}` } }
}

function resultOf(era: Era, method: string, params: Readonly<Record<string, unknown>>): object | undefined {
  if (method === "tools/call") return saying(era, nonceOf(params))
  if (method === "tools/list") return listOf(era, [echo])
  if (method === "ping") return {}
  if (method === "server/discover" && era === "modern")
    return { ...envelope, supportedVersions: [revision], capabilities, serverInfo: info }
  if (method === "initialize" && era === "legacy")
    return { protocolVersion: params["protocolVersion"], capabilities, serverInfo: info }
  return undefined
}

export function nonceOf(params: Readonly<Record<string, unknown>> = {}): string {
  return String((params["arguments"] as { nonce?: unknown } | undefined)?.nonce)
}

export function listOf(era: Era, tools: readonly Tool[], nextCursor?: string): object {
  return { ...(era === "modern" && envelope), tools, ...(nextCursor !== undefined && { nextCursor }) }
}

/** @returns the result of a call that says this */
export function saying(era: Era, text: string): object {
  return { ...(era === "modern" && { resultType: "complete" }), content: [{ type: "text", text }] }
}

/** Whether a message is of the other era, which a service refuses. */
export function isForeign(era: Era, { method, params = {} }: Message): boolean {
  const isModern = Object.hasOwn(
    (params["_meta"] as object | undefined) ?? {},
    "io.modelcontextprotocol/protocolVersion",
  )
  return method !== "ping" && isModern !== (era === "modern")
}
