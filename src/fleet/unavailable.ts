/** What a caller is told of a service that cannot be reached, with the operation that would tell more. */

import { GatewayError } from "../errors.ts"

export function serviceUnavailable(name: string, message: string, error?: unknown): GatewayError {
  const { detail, retryAfterMs } = error instanceof GatewayError ? error : {}
  return new GatewayError("service_unavailable", message, {
    detail: { ...detail, service: name },
    next: { operation: "diagnose_service", arguments: { name } },
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
