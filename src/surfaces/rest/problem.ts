/**
 * An error as HTTP answers it: a problem of RFC 9457, with the headers that its status calls for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */

import { GatewayError, errorTable } from "../../errors.ts"

export type Problem = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @param as a status of HTTP itself in place of that of the error's code */
export function problemOf(thrown: unknown, as?: number): Problem {
  const error = GatewayError.from(thrown)
  const { status: usual, sentence } = errorTable[error.code]
  const status = as ?? usual
  const body = JSON.stringify({
    ...error.toData(),
    type: `urn:mcp-meta:error:${error.code}`,
    title: sentence,
    status,
    detail: error.message,
    ...(error.callId !== undefined && { instance: `urn:mcp-meta:call:${error.callId}` }),
  })
  return { status, headers: { "content-type": "application/problem+json", ...headersOf(error) }, body }
}

function headersOf({ code, retryAfterMs, detail }: GatewayError): Record<string, string> {
  return {
    ...(code === "quota_exceeded" && refusedByQuota(detail, retryAfterMs)),
    ...(code === "unauthenticated" && { "www-authenticate": 'Bearer realm="mcp-meta"' }),
    ...(retryAfterMs !== undefined && { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) }),
  }
}

/** @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function refusedByQuota({ quota, limit }: GatewayError["detail"], retryAfterMs = 0): Record<string, string> {
  if (typeof quota !== "string") return {}
  return {
    "ratelimit-policy": `"${quota}";q=${String(limit)}`,
    ratelimit: `"${quota}";r=0;t=${Math.ceil(retryAfterMs / 1_000)}`,
  }
}
