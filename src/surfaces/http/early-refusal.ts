/**
 * What is refused of a request before its body is read: by the load of the gateway (shedding.ts), or because its
 * principal has too much open already. A request that comes with a session may belong to an open call, and is looked at
 * later, message by message (mcp.ts).
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { OpenCounts } from "../../call/open-counts.ts"
import type { Refusable } from "../../domain/overload.ts"
import type { Caller } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { mcpPeer, pathOf } from "./http-request.ts"
import { apiPrefix } from "../rest/operation-http.ts"
import type { Shedding } from "./shedding.ts"

export type EarlyRefusalOptions = {
  readonly shedding: Shedding
  /** How many requests each principal has open. */
  readonly requests: OpenCounts
}

export type Asked = { readonly request: IncomingMessage; readonly response: ServerResponse }

const probes: ReadonlySet<string> = new Set(["/health", "/liveness", "/readiness"])

/** Whether it asks after the gateway's health, which is answered however much there is to do. */
export function isProbe(request: IncomingMessage): boolean {
  return probes.has(pathOf(request))
}

/** Counts the request as open where it is let through. */
export function findRefusal(
  { shedding, requests }: EarlyRefusalOptions,
  { request, response }: Asked,
  caller: Caller,
  path: string,
): GatewayError | undefined {
  if (shedding.level > 0) {
    const what = kindOf(request, caller, path)
    if (what && !shedding.takes(what, caller)) return shedding.refusal(what)
  }
  if (response.destroyed) return undefined // its close has been told already
  try {
    response.on("close", requests.count(caller.principalId))
    return undefined
  } catch (thrown) {
    return GatewayError.from(thrown)
  }
}

/** A client with a session may still have to answer what a service asks in an open call. New calls are refused later. */
export function hasSession({ headers }: IncomingMessage): boolean {
  return headers["mcp-session-id"] !== undefined
}

function kindOf(
  request: IncomingMessage,
  caller: Caller,
  path: string,
): Exclude<Refusable, "connections"> | undefined {
  const { method, headers } = request
  const isMcp = mcpPeer(path, caller) !== undefined
  const opensStream = path === "/sse" || path === `${apiPrefix}/events` || (isMcp && method === "GET")
  if (opensStream || (isMcp && headers["mcp-method"] === "subscriptions/listen")) return "streams"
  return path === "/messages" || hasSession(request) ? undefined : "calls"
}
