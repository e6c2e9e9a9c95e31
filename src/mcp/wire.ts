/**
 * JSON-RPC 2.0 as bytes: what leaves the gateway on any transport, in either era. What comes in: outline.ts.
 */

import { GatewayError, errorTable } from "../errors.ts"
import type { Answer, RpcError } from "./message.ts"
import { ProtocolError } from "./protocol-error.ts"
import { objectPieces, toRaw, writeObject, type RawJson, type RawObject } from "./raw-json.ts"

/** What is sent, as a whole or in pieces. */
export type Bytes = Buffer | readonly Buffer[]

/** From there on it is worth while to spare a copy. */
const longBytes = 65_536

export function joined(bytes: Bytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes)
}

const end = Buffer.from("}")
const nullId = Buffer.from("null")
const answerHead = Buffer.from('{"jsonrpc":"2.0","id":')
const resultLabel = Buffer.from(',"result":')
const errorLabel = Buffer.from(',"error":')

export function encodeRequest(id: number | string, method: string, params: RawObject): Buffer {
  return Buffer.concat([requestHead(id, method), ...objectPieces(params), end])
}

/** A request up to its params. */
export function requestHead(id: number | string, method: string): Buffer {
  const shown = typeof id === "number" ? id : JSON.stringify(id)
  return Buffer.from(`{"jsonrpc":"2.0","id":${shown},"method":${JSON.stringify(method)},"params":`)
}

export function encodeNotification(method: string, params: RawObject): Buffer {
  const head = `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":`
  return Buffer.concat([Buffer.from(head), ...objectPieces(params), end])
}

/** @param id `undefined` where the message answered could not be read. */
export function encodeAnswer(id: RawJson | undefined, answer: Answer): Buffer {
  return answer.error
    ? Buffer.concat([answerHead, id ?? nullId, errorLabel, encodeError(answer.error), end])
    : joined(encodeResult(id, objectPieces(answer.result)))
}

export function encodeResult(id: RawJson | undefined, result: readonly Buffer[]): Bytes {
  const pieces = [answerHead, id ?? nullId, resultLabel, ...result, end]
  let bytes = 0
  for (const { length } of pieces) bytes += length
  return bytes > longBytes ? pieces : Buffer.concat(pieces, bytes)
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
