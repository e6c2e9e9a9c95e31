/** Why no connection to a service could be made, or one broke: in words that say what to do about it. */

import { GatewayError } from "../errors.ts"

/** @param progress whether bytes of a request may have left; an error of our own says so itself */
export function notReached(cause: unknown, progress: "sent" | "unsent"): GatewayError {
  if (cause instanceof GatewayError) return cause
  const code = codeOf(cause)
  const sent = progress === "sent"
  const message = sent ? `The connection to the service broke before it answered (${code}).` : whyNot(code)
  return new GatewayError("service_unavailable", message, { detail: { sent }, cause })
}

function whyNot(code: string): string {
  if (/^(?:ENOTFOUND|EAI_AGAIN)$/.test(code))
    return `The service's host name is not known (${code}); correct its url, or the DNS of this machine.`
  if (/CERT|LEAF_SIGNATURE|INVALID_CA/.test(code))
    return (
      `The service's certificate is not accepted (${code}); it must be valid now, for the url's host, and of an ` +
      "authority that this machine knows (NODE_EXTRA_CA_CERTS adds one)."
    )
  if (/^ERR_SSL_|^EPROTO$/.test(code))
    return `No TLS could be agreed on with the service (${code}); it must speak TLS 1.2 or later at its url.`
  return `The service cannot be reached (${code}); check that it runs and that its url is right.`
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown reason"
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name
}
