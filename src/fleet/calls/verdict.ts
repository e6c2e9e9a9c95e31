/** What the end of a call says of the endpoint that had it. What follows from it: links/breaker.ts. */

import type { GatewayError } from "../../errors.ts"
import type { Deadlines } from "./deadlines.ts"

/**
 * Whether the connection or the service's process has failed: it broke, said what is no MCP, answered with 5xx, or said
 * nothing at all. A tool's own error is an answer, and so is a refusal; what a caller brings about by going away, by not
 * reading, or by asking for too much, is no failure of the service's.
 */
export function isServiceFailure({ code, detail }: GatewayError, exchange: Deadlines): boolean {
  if (exchange.cancellation.aborted) return exchange.wasSilent
  const status = Number(detail["status"] ?? 500)
  return code === "service_unavailable" && detail["rpc"] === undefined && (status < 300 || status >= 500)
}
