/** A tool for programs that do not speak MCP: one POST is one `tools/call` of a client that cannot be asked anything. */

import type { CallRequest } from "../../call/call.ts"
import { GatewayError } from "../../errors.ts"
import type { Answer, RpcError } from "../../mcp/message.ts"
import { ProtocolError } from "../../mcp/protocol-error.ts"
import { fromRaw, readString, toRaw, writeObject, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import { toolCall } from "../tool-call.ts"

type Invocation = Pick<CallRequest, "caller" | "source"> & {
  readonly name: string
  readonly body: RawObject
  readonly onQuotas?: NonNullable<CallRequest["onQuotas"]>
}

/**
 * @returns the bytes of the tool's result, as the service sent it
 * @throws GatewayError also where the service answered with an error of its own
 */
export async function invokeTool(
  call: (request: CallRequest) => Promise<Answer>,
  { name, body, onQuotas, ...from }: Invocation,
  signal: AbortSignal,
): Promise<RawJson> {
  const unknown = [...body.keys()].find((key) => key !== "arguments")
  if (unknown !== undefined)
    throw new GatewayError("invalid", `The body takes "arguments" only; ${JSON.stringify(unknown)} is none of it.`)
  const given = body.get("arguments") ?? toRaw({})
  if (given[0] !== 0x7b) throw new GatewayError("invalid", `"arguments" must be an object.`)
  const said: Said = {}
  const onOpen = (callId: string): void => void (said.callId = callId)
  const request = { ...toolCall({ ...from, name, given }, signal), onOpen }
  const { result, error } = await call(onQuotas ? { ...request, onQuotas } : request).catch((thrown: unknown) =>
    asOurs(thrown, said),
  )
  if (error) throw ofService(error, said)
  if (readString(result.get("resultType")) === "input_required") {
    throw new GatewayError(
      "conflict",
      `${name} asks its caller a question, which only MCP can carry; call it from an MCP client.`,
      said,
    )
  }
  return writeObject(result)
}

/** The id of its entries in the audit log, once it has one. */
type Said = { callId?: string }

function asOurs(thrown: unknown, said: Said): never {
  throw thrown instanceof ProtocolError
    ? new GatewayError("invalid", thrown.message, { cause: thrown, ...said })
    : thrown
}

const invalidParams = -32602

function ofService({ code, message, data }: RpcError, said: Said): GatewayError {
  const detail = { rpc: { code, message, ...(data && { data: fromRaw(data) }) } }
  return new GatewayError(
    code === invalidParams ? "invalid" : "service_error",
    `The service answered with an error: ${message}`,
    { detail, ...said },
  )
}
