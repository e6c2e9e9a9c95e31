/**
 * JSON-RPC 2.0 as bytes: what leaves the gateway on any transport, in either era. What comes in: outline.ts.
 */

import { GatewayError, errorTable } from "../errors.ts"
import type { Answer, RpcError } from "./message.ts"
import { ProtocolError } from "./protocol-error.ts"
import { toRaw, writeObject, type RawJson, type RawObject } from "./raw-json.ts"

const end = Buffer.from("}")
const nullId = Buffer.from("null")

export function encodeRequest(id: number | string, method: string, params: RawObject): Buffer {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":`
  return Buffer.concat([Buffer.from(head), writeObject(params), end])
}

export function encodeNotification(method: string, params: RawObject): Buffer {
  const head = `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":`
  return Buffer.concat([Buffer.from(head), writeObject(params), end])
}

/** @param id `undefined` where the message answered could not be read. */
export function encodeAnswer(id: RawJson | undefined, answer: Answer): Buffer {
  const head = [Buffer.from('{"jsonrpc":"2.0","id":'), id ?? nullId]
  return answer.error
    ? Buffer.concat([...head, Buffer.from(',"error":'), encodeError(answer.error), end])
    : Buffer.concat([...head, Buffer.from(',"result":'), writeObject(answer.result), end])
}

function encodeError({ code, message, data }: RpcError): Buffer {
  const members = new Map([
    ["code", toRaw(code)],
    ["message", toRaw(message)],
  ])
  if (data) members.set("data", data)
  return writeObject(members)
}

/** What was thrown while a request was answered, as the error its sender sees. */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof ProtocolError) return thrown.rpc
  const error = GatewayError.from(thrown)
  return { code: errorTable[error.code].rpc, message: error.message, data: toRaw(error.toData()) }
}
