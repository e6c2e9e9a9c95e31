/** IN-05 and IN-17: bodies about the limit, in pieces, with a length that is not theirs; long strings, wide objects. */

import { chunked, httpBytes, type Field } from "../http-bytes.ts"
import { jsonFields } from "../messages.ts"
import type { Input } from "../probe.ts"
import { invalidParams, invalidRequest, post, result, rpc, status, tooLarge, type Door } from "./edge.ts"

const limit = 4 * 1_024 * 1_024
const operationLimit = 256 * 1_024
const [before, after] = [
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"modern__echo","arguments":{"text":"',
  '"}}}',
]

export function* bodies(door: Door): Generator<Input> {
  yield* aboutLimits(door)
  yield* lengths(door)
  yield* wide(door)
}

/** A call of exactly so many bytes. */
function callOf(bytes: number, name = "modern__echo"): Buffer {
  const head = before.replace("modern__echo", name)
  return Buffer.from(head + "x".repeat(bytes - head.length - after.length) + after)
}

function* aboutLimits(door: Door): Generator<Input> {
  for (const [over, judge] of [
    [-1, result],
    [0, result],
    [1, status(413)],
  ] as const) {
    const body = callOf(limit + over)
    yield { what: `IN-05 the limit ${over}`, bytes: post(door, { body }), judge }
    yield { what: `IN-05 the limit ${over}, in chunks`, bytes: inChunks(door, body, 60_000), judge }
    const input = Buffer.from(`{"name":"x","command":"${"x".repeat(operationLimit + over - 25)}"}`)
    const isOver = over > 0 ? status(413) : status(400)
    yield {
      what: `IN-05 an operation's limit ${over}`,
      bytes: post(door, { body: input, target: "/api/v1/services" }),
      judge: isOver,
    }
  }
  yield { what: "IN-17 50 MB", bytes: post(door, { body: callOf(50_000_000) }), judge: status(413) }
  yield { what: "IN-17 50 MB in chunks", bytes: inChunks(door, callOf(50_000_000), 1_000_000), judge: status(413) }
  const rest = { body: callOf(50_000_000), target: "/api/v1/services" }
  yield { what: "IN-17 50 MB to REST", bytes: post(door, rest), judge: status(413) }
}

function* lengths(door: Door): Generator<Input> {
  const body = callOf(300)
  yield { what: "IN-05 one byte at a time", bytes: inChunks(door, body, 1), judge: result }
  const told = (length: string): Buffer => post(door, { body, more: [["content-length", length]] })
  const half = { endsConnection: "half closed" } as const
  const reset = { endsConnection: "reset" } as const
  yield { what: "IN-05 more told than sent", bytes: told("400"), judge: status(400), ...half, isCutOff: true }
  yield { what: "IN-05 less told than sent", bytes: told("100"), judge: status(400), ...reset }
  yield { what: "IN-05 nothing told of what is sent", bytes: told("0"), judge: status(400), ...reset }
  for (const length of ["-1", "+300", "0x12c", "300,300", "1e3", "99999999999999999999", " ", "3 0"])
    yield { what: `IN-05 a length of ${length}`, bytes: told(length), judge: status(400, 413), ...reset }
  const chunks = (text: string): Buffer =>
    httpBytes({ method: "POST", target: "/mcp", fields: chunkedFields(door), body: Buffer.from(text, "latin1") })
  for (const text of [
    "zz\r\n",
    "5\r\nabc\r\n0\r\n\r\n",
    "-1\r\n\r\n",
    "ffffffffffffffffff\r\n",
    '1;a="\n"\r\nx\r\n0\r\n\r\n',
  ])
    yield { what: `IN-05 chunks ${JSON.stringify(text)}`, bytes: chunks(text), judge: status(400, 413), ...half }
  yield { what: "IN-05 no body", bytes: post(door, { body: "" }), judge: status(400) }
}

const longUri = `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://${"x".repeat(4_000_000)}"}}`

function* wide(door: Door): Generator<Input> {
  const ones = Array.from({ length: 1_000_000 }, () => 1).join(",")
  const keys = (count: number): string =>
    `{${Array.from({ length: count }, (_, index) => `"${index.toString(36)}":1`).join(",")}}`
  const call = (name: string, given: string): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${given}}}`
  const cases = [
    ["10^6 items", call("modern__echo", `{"a":[${ones}]}`), result],
    ["400,000 keys", call("modern__echo", keys(400_000)), result],
    ["400,000 keys beside one for a header", call("modern__routed", keys(400_000)), rpc(invalidParams)],
    ["400,000 keys for an operation", call("list_services", keys(400_000)), rpc(tooLarge)],
    ["as many keys as an operation takes", call("list_services", keys(9_900)), rpc(invalidParams)],
    ["30,000 keys for an operation", call("list_services", `{"tag":${keys(30_000)}}`), rpc(tooLarge)],
    [
      "as many wrong values as an operation takes",
      call("register_service", `{"name":"x","env":${keys(9_900)}}`),
      rpc(invalidParams),
    ],
    [
      "400,000 params",
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${keys(400_000)}}`,
      rpc(invalidRequest),
    ],
    ["400,000 members", keys(400_000), rpc(invalidRequest)],
    ["10^6 messages", `[${ones}]`, rpc(invalidRequest)],
    ["a name of 4 MB", call("x".repeat(4_000_000), "{}"), rpc(invalidParams)],
    ["a URI of 4 MB", longUri, rpc(-32_002, invalidParams)],
    [
      "a cursor of 4 MB",
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"${"A".repeat(4_000_000)}"}}`,
      rpc(invalidParams),
    ],
  ] as const
  for (const [what, body, judge] of cases)
    yield { what: `IN-17 ${what}`, bytes: post(door, { body }), judge: brief(judge) }
  const uri = { body: longUri, target: "/mcp/modern" }
  yield { what: "IN-17 a URI of 4 MB for one service", bytes: post(door, uri), judge: rpc(tooLarge) }
  const env = { body: `{"name":"x","command":"/x","env":${keys(300_000)}}`, target: "/api/v1/services" }
  yield { what: "IN-17 300,000 wrong values", bytes: post(door, env), judge: status(413) }
}

/** What is refused is not sent back. */
function brief(judge: NonNullable<Input["judge"]>): NonNullable<Input["judge"]> {
  return (answer) =>
    judge(answer) ?? (answer.body.length < 20_000 ? undefined : `an answer of ${answer.body.length} characters`)
}

function chunkedFields({ fields }: Door): readonly Field[] {
  return [...fields, ...jsonFields, ["transfer-encoding", "chunked"]]
}

function inChunks(door: Door, body: Buffer, size: number): Buffer {
  return httpBytes({ method: "POST", target: "/mcp", fields: chunkedFields(door), body: chunked(body, size) })
}
