/** IN-08 and IN-18: headers that contradict the body of a modern request, and eras mixed up in one. */

import type { Field } from "../http-bytes.ts"
import { legacyMessage, modernFields, modernMessage } from "../messages.ts"
import type { Input } from "../probe.ts"
import { headerMismatch, post, result, rpc, status, unsupportedVersion, type Door } from "./edge.ts"

const message = modernMessage("tools/call", { name: "modern__routed", arguments: { region: "eu" } })
const body = JSON.stringify(message)
const right = modernFields(message)
const wrongValues = [
  "",
  "other",
  "TOOLS/CALLx",
  "=?base64?!!!?=",
  "=?base64?dG9vbHM?=",
  `=?base64?${"A".repeat(300)}?=`,
]
const [now, toCome] = ["2026-07-28", "2027-01-01"]

export function* mismatches(door: Door): Generator<Input> {
  for (const [name, value] of right) yield* about(door, name, value)
  yield* mixtures(door)
}

/** One header that is missing, wrong, written otherwise, or there twice. */
function* about(door: Door, name: string, value: string): Generator<Input> {
  const others = right.filter(([other]) => other !== name)
  const sent = (...values: readonly string[]): Buffer =>
    post(door, { body, more: [...others, ...values.map((value): Field => [name, value])] })
  const missing = name === "mcp-protocol-version" ? status(400) : rpc(headerMismatch)
  yield { what: `IN-08 no ${name}`, bytes: sent(), judge: missing }
  for (const wrong of wrongValues)
    yield { what: `IN-08 ${name}: ${wrong.slice(0, 30)}`, bytes: sent(wrong), judge: status(400) }
  const encoded = `=?base64?${Buffer.from(value).toString("base64")}?=`
  yield { what: `IN-08 ${name} in base64`, bytes: sent(encoded), judge: result }
  yield { what: `IN-08 ${name} twice`, bytes: sent(value, "x"), judge: status(400) }
}

function* mixtures(door: Door): Generator<Input> {
  const session = [...door.session, ...right.slice(1)]
  const mixed = post(door, { body, more: session })
  yield { what: "IN-18 a modern message in a session", bytes: mixed, judge: status(400) }
  const fields = right.map(([name, value]): Field => [name, value.replace(now, toCome)])
  const future = post(door, { body: body.replace(now, toCome), more: fields })
  yield { what: "IN-08 a revision to come", bytes: future, judge: rpc(unsupportedVersion) }
  const more: readonly Field[] = [["mcp-method", "tools/call"], ["mcp-name", "modern__echo"]] // oxfmt-ignore
  const legacy = post(door, { body: JSON.stringify(legacyMessage("tools/list", {})), more })
  yield { what: "IN-08 a legacy client's headers mean nothing", bytes: legacy, judge: result }
}
