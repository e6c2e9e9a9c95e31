/** What the head of a request says: where it goes, and by what credential. Whether it may: http-guard.ts. */

import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import type { Caller } from "../domain/principal.ts"
import type { McpPeer } from "./mcp.ts"

export function pathOf({ url = "/" }: IncomingMessage): string {
  const query = url.indexOf("?")
  return query < 0 ? url : url.slice(0, query)
}

/** The client of an MCP endpoint; undefined for any other path. */
export function mcpPeer(path: string, caller: Caller): McpPeer | undefined {
  if (path === "/mcp") return { caller, mount: undefined }
  const [, mount] = /^\/mcp\/([A-Za-z0-9_-]{1,64})$/.exec(path) ?? []
  return mount === undefined ? undefined : { caller, mount }
}

export function credentialOf(headers: IncomingHttpHeaders): { authorization?: string; apiKey?: string } {
  const { authorization, "x-api-key": apiKey } = headers
  return { ...(authorization !== undefined && { authorization }), ...(typeof apiKey === "string" && { apiKey }) }
}
