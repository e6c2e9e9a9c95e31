/**
 * Trouble with what a service sent, told to whoever called: not their request was malformed, the answer was.
 */

import { GatewayError } from "../errors.ts"
import { ProtocolError } from "./protocol-error.ts"

/** @throws GatewayError `service_unavailable` where `read` meets something that MCP does not allow */
export function fromService<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw malformedAnswer(thrown)
    throw thrown
  }
}

export function malformedAnswer(cause: ProtocolError): GatewayError {
  const message = `The service's answer is not valid: ${cause.message}`
  return new GatewayError("service_unavailable", message, { detail: { sent: true }, cause })
}
