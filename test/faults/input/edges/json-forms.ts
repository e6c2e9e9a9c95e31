/**
 * IN-01 to IN-03: what is JSON and what is not, as a message, inside one, and as the body of a REST request; the slow
 * reader of test/mcp judges. What the grammar's own tests have is not repeated; see test/mcp/json/json-grammar.test.ts.
 */

import { isMessage } from "../../../mcp/outline-oracle.ts"
import type { Input } from "../probe.ts"
import { codeOf, invalidRequest, parseError, post, status, type Door } from "./edge.ts"

const numbers = String.raw`
  -0e+1 0e+00 123e45 123e-10000000 -1e+9999 1.0e+0 0.0000000000000000000000000000000000000000001 1E-2 9e999999999999
  -9223372036854775809 18446744073709551616 0.4e00669999999999999999999999999999999999999999999 1e1.0 2.e3 2.e-3 2.e+3 0.e1
  0.3e+ 0.3e 1.0e+ 1.0e- 1.0e -2. -.1 .-1 .2e-3 -012 012 1+2 0x42 1e0x1 Inf -Inf +Inf NAN -NaN 9.3e+ ++1234 +0 1e-
  -foo -1x 1.8011670033376514H-308 1.2a-3 1ea 0E 0E+ 0e+ 0e 1\u0031 -- -1- 1e1e1 0b1 0o7 1n ① 1,000.00 1'000`

const strings = String.raw`
  "\u0060\u012a\u12AB" "\uD801\udc37" "\ud83d\ude39\ud83d\udc8d" "\"\\\/\b\f\n\r\t" "\\a" "\\u0000" "\u002c" "new\u000Aline"
  "\uFFFE" "\uFFFF" "\uDBFF\uDFFE" "\u2064" "\uDADA" "\ud888\u1234" "\uDd1ea" "\uD800\n" "\uDFAA" "\uD888"
  "\uD800\uD800\n" "\u0022" "\u005C" "\uA66D" "\uD834\uDd1e" "\u200B" "a/*b*/c" "\ud800abc"
  "\uD800\u" "\uD800\u1" "\uD800\u1x" "\u00A" "\uqqqq" "\{" "\5" "\🌀" "\x00" "\\\" "\v" "\'" "\u{1F600}" "\U0001F600" "\
  "a "" '' 'single' "\u1" "" "" \" "a"\ \n é`

const structures = String.raw`
  [[]] [{}] [[1],[2]] [1,null,null,2] {"a":{"b":{"c":[]}}} {"a":[{"a":[{}]}]} {"":{"":{"":0}}} {"a":"b","b":"a"}
  {"title":"\u041f\u043e"} {"min":-1.0e+28,"max":1.0e+28} {"a\u0000b":1} {"foo\u0000bar":42}
  [1,,] [,] [1:2] ["a",] ["",] ["x",,] [3[4]] ["x"]] [1] ] [1]x [1 true] [* ] [1,\n1\n,1 [{} [] [1]2 ["a"\n,4\n,1,
  {"a":"a"}/**/ {"a":"a"}# {"a":"a"}// {"a":"b",,"c":"d"} {"a":"b"}/ {"a":"b"}{} {"x":null,} {"x",null} {'a':0} {"id":0,,}
  {"a":"b}  {a:"b"} {"a":"a"123} {key:'value'} {"a"b} {"x"::"b"} {"a":1,"b"} {🇨🇭} {"id":0,,,,,} {"a" "b"} {1:1} {[1]:1}
  {"a":true,"a":} {null:null} {[ [{ {"a":[} [{"a":]} ]{ }{ , : :: ,1 <null> <.> [True] True FALSE Null nil none None
  undefined [undefined] function(){} new Date() /a/ 2020-01-01 {"a":/*x*/1} {"a":1}; ${"$"}{x} %7B%7D`

const white = [
  "\f1",
  "[\f]",
  "\v{}",
  "[1]\u00a0",
  "\u2028[1]",
  "\u3000",
  "1\u0000",
  "\u0000",
  "[1]\u0085",
  "\ufeff{}",
  " \t\r\n[ ]",
]

/** Between the quotes of a string. */
const utf8 = `
  80 bf c0 c1 c0af c080 c1bf e0 e080 e080af e09fbf eda080 edb080 edadbfedbfbf f0 f08080 f08080af f08fbfbf f4908080 f5808080
  f8888080 fc8480 fe ff fffe feff c3 c328 e228a1 e28228 f0288cbc f09028bc f0288c28 efbfbe f09f98 c3a9 f09f9880 f48fbfbf
  efbbbf e282 f7bfbfbf e58188f0 ec`

/** The slow reader reads by calling itself; forms this long are deep. */
const tooDeep = 5_000

const openings = ["[", '{"a":', '[{"":']

function formsOf(texts: string): readonly Buffer[] {
  return texts
    .trim()
    .split(/\s+/)
    .map((text) => Buffer.from(text))
}

export function* forms(): Generator<Buffer> {
  for (const texts of [numbers, strings, structures]) yield* formsOf(texts)
  for (const text of white) yield Buffer.from(text)
  for (const hex of utf8.trim().split(/\s+/)) yield around('"', Buffer.from(hex, "hex"), '"')
  for (const opening of openings)
    for (const depth of [58, 59, 60, 61, 62, 63, 64, 65, 10_000, 300_000])
      yield Buffer.from(nested(opening, depth))
}

function nested(opening: string, depth: number): string {
  const closings = opening
    .split("")
    .flatMap((sign) => ({ "[": "]", "{": "}" })[sign] ?? [])
    .toReversed()
  return opening.repeat(depth) + "0" + closings.join("").repeat(depth)
}

const call = (form: Buffer): Buffer =>
  around(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"modern__echo","arguments":{"v":',
    form,
    "}}}",
  )

export function* jsonForms(door: Door): Generator<Input> {
  for (const form of forms()) {
    const message = call(form)
    const isJson = form.length < tooDeep && isMessage(message)
    yield {
      what: "IN-01 inside a message",
      bytes: post(door, { body: message }),
      judge: isJson ? status(200) : unread,
    }
    yield { what: "IN-01 a message", bytes: post(door, { body: form }), judge: unread }
    yield {
      what: "IN-01 a batch of one",
      bytes: post(door, { body: around("[", message, "]") }),
      judge: isJson ? status(200) : unread,
    }
    const target = "/api/v1/tools/legacy__echo/invoke"
    const body = around('{"arguments":{"v":', form, "}}")
    yield {
      what: "IN-01 REST",
      bytes: post(door, { body, target }),
      judge: status(isJsonAtRest(form) ? 200 : 400),
    }
  }
}

/** A level less than in a message. */
function isJsonAtRest(form: Buffer): boolean {
  return form.length < tooDeep && isMessage(around('{"jsonrpc":"2.0","method":"m","params":{"v":', form, "}}"))
}

/** It is no JSON, or no message. */
const unread: NonNullable<Input["judge"]> = (answer) => {
  const isRefused = answer.status === 400 && [parseError, invalidRequest].includes(codeOf(answer) ?? 0)
  return isRefused ? undefined : `not refused: ${answer.status} ${answer.body.slice(0, 200)}`
}

function around(before: string, form: Buffer, after: string): Buffer {
  return Buffer.concat([Buffer.from(before), form, Buffer.from(after)])
}
