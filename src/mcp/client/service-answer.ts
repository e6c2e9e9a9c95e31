/**
 * Trouble with what a service sent, told to whoever called: not their request was malformed, the answer was.
 */

import { GatewayError } from "../../errors.ts"
import type { RpcError } from "../message.ts"
import { ProtocolError } from "../protocol-error.ts"

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

const headerMismatch = -32020
const unsupportedVersion = -32022

/**
 * These describe the hop between us and the service, so they are no answer for whoever called us.
 * @throws GatewayError `service_unavailable`, with the code as `detail.rpc`
 */
export function refuseHopErrors(error: RpcError): void {
  if (error.code === headerMismatch || error.code === unsupportedVersion) throw misunderstood(error)
}

export function misunderstood({ code, message }: RpcError): GatewayError {
  const text = `The service refused how the gateway speaks to it (${code}): ${message.slice(0, 200)}`
  return new GatewayError("service_unavailable", text, { detail: { rpc: code, sent: false } })
}

/** Whether the service speaks another era than it did when the link was made: only a new link will do. */
export function wantsNewLink({ code, detail }: GatewayError): boolean {
  const { rpc } = detail
  return code === "service_unavailable" && detail["sent"] === false && rpc !== undefined && rpc !== headerMismatch
}
