/**
 * What pages of `allowedOrigins` may do that others may not: read our answers, and send what a browser asks about first
 * (CORS). Pages send their key themselves, so nothing here lets a browser add a credential of its own.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { AllowedPeers } from "./http-guard.ts"

const preflightSeconds = 600
const methods = "GET, POST, PUT, PATCH, DELETE"
/** Beside those that need no leave. `Mcp-Param-*` are added as they are asked for: services name them. */
const sendable = [
  "authorization",
  "content-type",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-protocol-version",
  "mcp-session-id",
  "x-api-key",
] as const
const readable = "Mcp-Session-Id, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate"

/** The origin of the page behind a request, where it is one that may read. */
function pageOf({ headers: { origin } }: IncomingMessage, { origins }: AllowedPeers): string | undefined {
  return origin !== undefined && origins.has(origin) ? origin : undefined
}

export function letPageRead(request: IncomingMessage, response: ServerResponse, peers: AllowedPeers): void {
  const origin = pageOf(request, peers)
  if (origin === undefined) return
  response.setHeader("access-control-allow-origin", origin)
  response.setHeader("access-control-expose-headers", readable)
  response.setHeader("vary", "origin")
}

/** It comes without a credential, and is answered the same for whatever path. */
export function isPreflight(request: IncomingMessage, peers: AllowedPeers): boolean {
  if (request.method !== "OPTIONS" || pageOf(request, peers) === undefined) return false
  return request.headers["access-control-request-method"] !== undefined
}

export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = (headers["access-control-request-headers"] ?? "").toLowerCase().split(/\s*,\s*/)
  const params = asked.filter((name) => /^mcp-param-[a-z0-9-]{1,128}$/.test(name))
  response
    .writeHead(204, {
      "access-control-allow-methods": methods,
      "access-control-allow-headers": [...sendable, ...params].join(", "),
      "access-control-max-age": String(preflightSeconds),
    })
    .end()
}
