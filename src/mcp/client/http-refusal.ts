/**
 * What an HTTP response that is no answer means to whoever called; that there was none: not-reached.ts. What was refused before it was taken says so, so
 * that the request may be sent again.
 */

import { GatewayError } from "../../errors.ts"
import { ProtocolError } from "../protocol-error.ts"
import type { ResponseHead } from "./response-head.ts"

/** The error for a status that no answer comes with; undefined where the body may hold one. */
export function refusalOf(head: ResponseHead): GatewayError | undefined {
  const { status } = head
  if (status === 401 || status === 403 || status === 407) {
    return refusal(head, "The service refused the gateway's credential; correct it in the service's definition")
  }
  if (status >= 300 && status < 400) {
    return refusal(
      head,
      `The service redirects${destination(head)}, which is not followed; set the url to where it is`,
    )
  }
  if (status === 413 || status === 414 || status === 431) {
    const message = `The service takes no request this large (HTTP ${status}); send less.`
    return new GatewayError("too_large", message, { detail: { status, sent: false } })
  }
  if (status === 408 || status === 429) return refusal(head, "The service takes no more requests for now")
  return status >= 500 ? refusal(head, "The service failed") : undefined
}

export function refusal({ status, headers }: ResponseHead, what: string): GatewayError {
  const seconds = Number(headers["retry-after"])
  return new GatewayError("service_unavailable", `${what} (HTTP ${status}).`, {
    detail: { status, sent: status >= 500 || status < 300 },
    ...(seconds > 0 && seconds < 86_400 && { retryAfterMs: seconds * 1_000 }),
  })
}

function destination({ headers }: ResponseHead): string {
  const target = headers.location ? URL.parse(headers.location, "http://same-host") : null
  if (!target) return ""
  const origin = target.host === "same-host" ? "" : target.origin
  return ` to ${`${origin}${target.pathname}`.slice(0, 200)}`
}

export function withoutAnswer(): GatewayError {
  const message = "The service ended its response without an answer; it may have had effects."
  return new GatewayError("service_unavailable", message, { detail: { sent: true } })
}

/** Whether a stream that ended so may be taken up again: neither by the service's word nor by what it sent. */
export function isInterruption({ code, detail, cause }: GatewayError): boolean {
  return code === "service_unavailable" && detail["status"] === undefined && !(cause instanceof ProtocolError)
}
