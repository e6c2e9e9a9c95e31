/** What the head of a request says: where it goes, and by what credential. Whether it may: http-guard.ts. */

import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import type { Caller } from "../../domain/principal.ts"
import type { McpPeer } from "../mcp.ts"

/** A connection that its client wants to use otherwise, with what came behind the head. */
export type Opened = { readonly socket: Duplex; readonly head: Buffer }

export function pathOf({ url = "/" }: IncomingMessage): string {
  const query = url.indexOf("?")
  return query < 0 ? url : url.slice(0, query)
}

/** The client of an MCP endpoint; undefined for any other path. */
export function mcpPeer(path: string, caller: Caller, source?: string): McpPeer | undefined {
  if (path === "/mcp") return { caller, mount: undefined, source }
  const [, mount] = /^\/mcp\/([A-Za-z0-9_-]{1,64})$/.exec(path) ?? []
  return mount === undefined ? undefined : { caller, mount, source }
}

export type Credential = { readonly authorization?: string | undefined; readonly apiKey?: string | undefined }

export function credentialOf({ authorization, "x-api-key": apiKey }: IncomingHttpHeaders): Credential {
  return { authorization, apiKey: typeof apiKey === "string" ? apiKey : undefined }
}
