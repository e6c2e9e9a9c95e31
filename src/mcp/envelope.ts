/**
 * What JSON-RPC 2.0 and MCP ask of the members of one message, and the outline they make.
 *
 * MCP narrows JSON-RPC: params and result are objects, an id is a string or an integer and never null. Which methods
 * there are, and what their params hold, is left to whoever answers them. How members are found: json-members.ts.
 */

import type { Shape } from "./json/json-members.ts"
import type { ObjectView } from "./json/object-view.ts"
import type { Outline } from "./message.ts"
import { ProtocolError } from "./protocol-error.ts"
import { noMembers, type RawJson, type RawObject } from "./raw-json.ts"

const maxMethodLength = 256
const maxIdBytes = 256

const metaShape: Shape = { name: "params._meta", inside: new Map() }
const paramsShape: Shape = { name: "params", inside: new Map([["_meta", metaShape]]) }
const resultMetaShape: Shape = { name: "result._meta", inside: new Map() }
const resultShape: Shape = { name: "result", inside: new Map([["_meta", resultMetaShape]]) }
const errorShape: Shape = { name: "error", inside: new Map() }

/** The objects of a message in which no member may come twice. */
export const messageShape: Shape = {
  name: "the message",
  inside: new Map([
    ["params", paramsShape],
    ["result", resultShape],
    ["error", errorShape],
  ]),
}

type Envelope = { readonly members: ObjectView; readonly id: RawJson | undefined }

/**
 * @param fault what the walk already found wrong
 * @throws ProtocolError `invalid_request`, with the message's id where it has a fit one
 */
export function readEnvelope(members: ObjectView, fault: string | undefined): Outline {
  const id = members.get("id")
  const envelope: Envelope = { members, id: id && isId(id) ? id : undefined }
  if (fault !== undefined) throw invalid(envelope, fault)
  if (members.readString("jsonrpc") !== "2.0") throw invalid(envelope, 'jsonrpc must be the string "2.0".')
  if (members.has("params") && !members.inside("params")) throw invalid(envelope, "params must be an object.")
  if (lacksMeta(members.inside("params"))) throw invalid(envelope, "params._meta must be an object.")
  if (lacksMeta(members.inside("result"))) throw invalid(envelope, "result._meta must be an object.")
  if (count(members, "method") + count(members, "result") + count(members, "error") !== 1) {
    throw invalid(envelope, "A message has exactly one of method, result and error.")
  }
  // Who could not read a request answers it with an error for null.
  if (id && !envelope.id && !(members.has("error") && id[0] === 0x6e)) {
    throw invalid(envelope, `id must be a string or a plain integer, of at most ${maxIdBytes} bytes.`)
  }
  if (members.has("method")) return readRequest(envelope)
  return members.has("result") ? readResult(envelope) : readError(envelope)
}

/** Whether a `_meta` is there that is no object. */
function lacksMeta(around: ObjectView | undefined): boolean {
  return around?.has("_meta") === true && !around.inside("_meta")
}

function readRequest(envelope: Envelope): Outline {
  const { id, members } = envelope
  const method = members.readString("method")
  if (!method || method.length > maxMethodLength) {
    throw invalid(envelope, `method must be a string of 1 to ${maxMethodLength} characters.`)
  }
  const params = members.inside("params") ?? noMembers
  return id ? { kind: "request", id, method, params } : { kind: "notification", method, params }
}

function readResult(envelope: Envelope): Outline {
  const { id, members } = envelope
  const result = members.inside("result")
  if (!id) throw invalid(envelope, "A result must have the id of its request.")
  if (!result) throw invalid(envelope, "result must be an object.")
  return { kind: "result", id, result }
}

function readError(envelope: Envelope): Outline {
  const error = envelope.members.inside("error")
  if (!error) throw invalid(envelope, "error must be an object.")
  const code = readInteger(error.get("code"))
  const message = error.readString("message")
  const data = error.get("data")
  if (code === undefined) throw invalid(envelope, "error.code must be an integer.")
  if (message === undefined) throw invalid(envelope, "error.message must be a string.")
  return { kind: "error", id: envelope.id, error: { code, message, ...(data && { data }) } }
}

function invalid({ id }: Envelope, why: string): ProtocolError {
  return new ProtocolError("invalid_request", why, id && { id })
}

function count(members: RawObject, key: string): number {
  return members.has(key) ? 1 : 0
}

/** Digits alone, no fraction and no exponent: ids are compared as bytes, and so a number has one spelling. */
function isId(raw: RawJson): boolean {
  if (raw[0] === 0x22) return raw.length - 2 <= maxIdBytes
  if (raw.length === 0 || raw.length > maxIdBytes) return false
  for (const digit of raw) if ((digit < 0x30 || digit > 0x39) && digit !== 0x2d) return false
  return true
}

function readInteger(raw: RawJson | undefined): number | undefined {
  const value = raw && Number(raw.toString("latin1"))
  return Number.isSafeInteger(value) ? value : undefined
}
