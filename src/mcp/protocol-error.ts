/**
 * A refusal that JSON-RPC or MCP defines, as opposed to one of the gateway's own (errors.ts): a message that cannot
 * be read, a method nobody knows, headers that contradict the body. It crosses the wire as it stands.
 */

import { fromRaw, toRaw, type RawJson } from "./raw-json.ts"
import type { RpcError } from "./message.ts"

/** Code and the HTTP status that the Streamable HTTP transport gives it. */
const protocolErrors = {
  parse_error: { code: -32700, status: 400 },
  invalid_request: { code: -32600, status: 400 },
  method_not_found: { code: -32601, status: 404 },
  invalid_params: { code: -32602, status: 400 },
  header_mismatch: { code: -32020, status: 400 },
  missing_capability: { code: -32021, status: 400 },
  unsupported_version: { code: -32022, status: 400 },
} as const

export class ProtocolError extends Error {
  readonly rpc: RpcError
  /** The HTTP status this answer takes on a modern request; legacy transports answer 200 past the envelope. */
  readonly status: number
  /** The id of the message refused, where it could be read. */
  readonly id: RawJson | undefined
  readonly #kind: keyof typeof protocolErrors

  constructor(
    kind: keyof typeof protocolErrors,
    message: string,
    { data, id }: { data?: unknown; id?: RawJson } = {},
  ) {
    super(message)
    this.name = "ProtocolError"
    this.#kind = kind
    const { code, status } = protocolErrors[kind]
    this.rpc = { code, message, ...(data !== undefined && { data: toRaw(data) }) }
    this.status = status
    this.id = id
  }

  /** The same, under the id of its entry in the audit log. */
  told({ callId }: { readonly callId: string }): ProtocolError {
    const data = { ...(this.rpc.data && (fromRaw(this.rpc.data) as object)), callId }
    return new ProtocolError(this.#kind, this.message, { data, ...(this.id && { id: this.id }) })
  }
}

export function unknownMethod(method: string): ProtocolError {
  return new ProtocolError("method_not_found", `Method ${method.slice(0, 64)} is not known here.`)
}
