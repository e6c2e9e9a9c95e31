/** An error on its way from one process of the gateway to another. Its cause stays where it is known, and in the log there. */

import { GatewayError, type ErrorCode, type ErrorDetail } from "../../../errors.ts"

export type SentError = Pick<ErrorDetail, "detail" | "retryAfterMs" | "next"> & {
  readonly code: ErrorCode
  readonly message: string
}

export function sendError(thrown: unknown): SentError {
  const { code, message, detail, retryAfterMs, next } = GatewayError.from(thrown)
  return { code, message, detail, ...(retryAfterMs !== undefined && { retryAfterMs }), ...(next && { next }) }
}

export function receiveError({ code, message, ...rest }: SentError): GatewayError {
  return new GatewayError(code, message, rest)
}
