/**
 * IN-07 to IN-13, IN-15, IN-16 and IN-18: batches, names of other cases, members that come twice, ids and versions and
 * methods of all kinds, media types, sessions that are not there. Headers against the body: mismatches.ts.
 */

import type { Field } from "../http-bytes.ts"
import type { Input } from "../probe.ts"
import { invalidParams, invalidRequest, methodNotFound, post, result, rpc, status, type Door } from "./edge.ts"

type Judge = NonNullable<Input["judge"]>
type Case = readonly [what: string, body: string, judge: Judge, more?: readonly Field[]]

const call = '"method":"tools/call","params":{"name":"modern__echo","arguments":{}}'
const head = '"jsonrpc":"2.0","id":1'
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const note = '{"jsonrpc":"2.0","method":"notifications/initialized"}'
const old: readonly Field[] = [["mcp-protocol-version", "2025-03-26"]]
const latest: readonly Field[] = [["mcp-protocol-version", "2025-11-25"]]

const batches: readonly Case[] = [
  ["IN-07 an empty batch", "[]", rpc(invalidRequest)],
  ["IN-07 a batch of one", `[${ping}]`, status(200), old],
  ["IN-07 a batch in a later revision", `[${ping}]`, rpc(invalidRequest), latest],
  [
    "IN-07 a batch under a modern header",
    `[${ping}]`,
    rpc(invalidRequest),
    [["mcp-protocol-version", "2026-07-28"]],
  ],
  ["IN-07 a batch of 100 with one id", repeated(ping, 100), status(200), old],
  ["IN-07 a batch of 101", repeated(ping, 101), rpc(invalidRequest), old],
  ["IN-07 a batch of 10,000", repeated(ping, 10_000), rpc(invalidRequest), old],
  ["IN-07 a mixed batch", `[${ping},${note}]`, status(200), old],
  ["IN-07 notifications alone", repeated(note, 20), status(202), old],
  ["IN-07 a batch in a batch", `[[${ping}]]`, rpc(invalidRequest), old],
  ["IN-07 a batch with what is no message", `[${ping},1]`, rpc(invalidRequest), old],
  [
    "IN-07 a batch with one bad id",
    `[${ping},{"jsonrpc":"2.0","id":null,"method":"ping"}]`,
    rpc(invalidRequest),
    old,
  ],
  ["IN-07 a batch that initializes", `[{${head},"method":"initialize","params":{}}]`, status(200, 400), old],
]

const names: readonly Case[] = [
  ...["Method", "METHOD", "method\u017f", "method ", "m\u0435thod", "__proto__"].map((name): Case => [
    `IN-09 ${name} for method`,
    `{${head},"${name}":"ping"}`,
    rpc(invalidRequest),
  ]),
  ["IN-09 Params", `{${head},"method":"tools/call","Params":{"name":"modern__echo"}}`, rpc(invalidParams)],
  ["IN-10 a method twice", `{${head},"method":"ping","method":"tools/list"}`, rpc(invalidRequest)],
  ["IN-10 a method twice, once escaped", `{${head},"method":"ping","\\u006dethod":"x"}`, rpc(invalidRequest)],
  ["IN-10 an id twice", `{${head},"id":2,"method":"ping"}`, rpc(invalidRequest)],
  ["IN-10 params twice", `{${head},${call},"params":{}}`, rpc(invalidRequest)],
  [
    "IN-10 a name twice",
    `{${head},"method":"tools/call","params":{"name":"a","name":"modern__echo"}}`,
    rpc(invalidRequest),
  ],
  [
    "IN-10 arguments twice",
    `{${head},"method":"tools/call","params":{"name":"modern__echo","arguments":{},"arguments":{}}}`,
    rpc(invalidRequest),
  ],
  ["IN-10 an operation's argument twice", operation('"query":"a","query":"b"'), rpc(invalidParams)],
  [
    "IN-10 an operation's argument twice, once escaped",
    operation('"query":"a","quer\\u0079":"b"'),
    rpc(invalidParams),
  ],
  ["IN-10 an argument for a header twice", routed('"region":"a","region":"b"'), rpc(invalidParams)],
  ["IN-08 an argument longer than a header", routed(`"region":"${"x".repeat(100_000)}"`), rpc(-31_413)],
  ["IN-08 an argument as long as a header may be", routed(`"region":"${"x".repeat(8_000)}"`), result],
  ["IN-08 an argument with a line end", routed('"region":"a\\r\\nx-injected: 1"'), result],
]

const idsRefused = [
  "null",
  "{}",
  "[]",
  "[1]",
  "1.5",
  "1e400",
  "1e2",
  "-0.0",
  "true",
  `"${"i".repeat(257)}"`,
  `"${"i".repeat(10_000)}"`,
]
const idsTaken = [
  '""',
  "0",
  "-1",
  "9007199254740993",
  "9".repeat(256),
  `"${"i".repeat(256)}"`,
  '"\\u0000"',
  '"__proto__"',
  '"\\ud800"',
]
const versions = ['"1.0"', "2.0", '"2"', '"2.00"', '" 2.0"', "null", '["2.0"]', '""']
const notMethods = ["7", "null", "{}", '["ping"]', '""', `"${"m".repeat(10_000)}"`, "true"]
const unknownMethods = [
  '"tools/call\\u0000"',
  '"tools/call\\n"',
  '" ping"',
  '"PING"',
  '"__proto__"',
  '"constructor"',
  '"tools/call/../list"',
  '"\\ud800"',
  '"rpc.discover"',
]

const members: readonly Case[] = [
  ...idsRefused.map((id): Case => [
    `IN-11 id ${id.slice(0, 20)}`,
    `{"jsonrpc":"2.0","id":${id},"method":"ping"}`,
    rpc(invalidRequest),
  ]),
  ...idsTaken.map((id): Case => [
    `IN-11 id ${id.slice(0, 20)}`,
    `{"jsonrpc":"2.0","id":${id},${call}}`,
    withId(id),
  ]),
  ...versions.map((version): Case => [
    `IN-12 jsonrpc ${version}`,
    `{"jsonrpc":${version},"id":1,"method":"ping"}`,
    rpc(invalidRequest),
  ]),
  ["IN-12 no jsonrpc", '{"id":1,"method":"ping"}', rpc(invalidRequest)],
  ...notMethods.map((method): Case => [
    `IN-13 method ${method.slice(0, 20)}`,
    `{${head},"method":${method}}`,
    rpc(invalidRequest),
  ]),
  ...unknownMethods.map((method): Case => [
    `IN-13 method ${method}`,
    `{${head},"method":${method}}`,
    rpc(methodNotFound),
  ]),
]

const media: readonly Case[] = [
  ...[
    "",
    "text/plain",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/json, text/plain",
    "APPLICATION/XML",
    "application/json;charset=utf-8;x=y",
  ].map((type): Case => [`IN-15 Content-Type ${type}`, ping, status(415), [["content-type", type]]]),
  ...["application/json; charset=utf-8", "Application/JSON", 'application/json; charset="UTF-8"'].map(
    (type): Case => [`IN-15 Content-Type ${type}`, ping, result, [["content-type", type]]],
  ),
  ...["*/*", "text/html", "", "application/json;q=0", "text/event-stream", "\u00ff"].map((accept): Case => [
    `IN-16 Accept ${accept}`,
    `{${head},${call}}`,
    status(200, 406),
    [["accept", accept]],
  ]),
  ["IN-18 an unknown session", ping, status(404), [["mcp-session-id", "nobody"]]],
  ["IN-18 a session of another form", ping, status(404), [["mcp-session-id", "__proto__"]]],
]

export function* envelopes(door: Door): Generator<Input> {
  for (const [what, body, judge, more = []] of [...batches, ...names, ...members, ...media])
    yield { what, bytes: post(door, { body, more }), judge }
}

function repeated(message: string, times: number): string {
  return `[${Array.from({ length: times }, () => message).join(",")}]`
}

function operation(members: string): string {
  return `{${head},"method":"tools/call","params":{"name":"find_tools","arguments":{${members}}}}`
}

function routed(members: string): string {
  return `{${head},"method":"tools/call","params":{"name":"modern__routed","arguments":{${members}}}}`
}

/** A result under exactly these bytes as its id. */
function withId(id: string): Judge {
  return (answer) =>
    answer.body.includes(`"id":${id},`) ? result(answer) : `another id: ${answer.body.slice(0, 300)}`
}
