import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { ProtocolError } from "../../../src/mcp/protocol-error.ts"
import { readOutline } from "../../../src/mcp/outline.ts"
import { parseError } from "../outline-cases.ts"

/** Values that JSON has, in params of a message. */
const valid: readonly string[] = [
  ...split(String.raw`
    null true false 0 -0 1 -1 10 1234567890123456789012345678901234567890 0.0 1.5 -1.5 1e1 1E1 1e+1 1e-1 0e0 0E+1
    1.5e10 -0.0e-0 1e400 20e1 "" "a" "/" "\/" "\"" "\\" "\b\f\n\r\t" "\u0000" "\uD83D\uDE00" "\ud800"
    "\uDEAD\ud800" "\uabCD" "\\u0061" [] [1] [1,2] [[],[[]],{}] ["a",null,true] {} {"a":1} {"":0} {"a":{"b":{}}}
    {"a":[],"b":[{}]} {"a":1,"a":2} {"\u0000":1} [{"a":[{"b":[0]}]},[]]
  `),
  '" "',
  '"é"',
  '"😀"',
  '"\u007f"',
  '"\u2028\u2029"',
  '"\ufeff"',
  "[ ]",
  "[ 1 , 2 ]",
  "[\n\r\t 1]",
  "{ }",
  '{ "a" : 1 , "b" : 2 }',
]

/** What other readers let pass, or trip over. */
const invalid: readonly string[] = [
  ...split(String.raw`
    - +1 01 -01 00 1. .5 -.5 1.e1 1e 1e+ 1eE2 1e1.5 0x1 1_000 --1 0.1.2 1a NaN nan Infinity -Infinity tru True
    truee txue fxlse nxll nul nulL undefined fals " "a "\" "\ "\x41" "\u" "\u12" "\uG123" "\u12G4" "\u123G" "\U0041" "\a" 'a' "a"b a [ ] [1 [1,
    [1,] [,1] [1,,2] [1;2] [1} [:] [1:2] []] [-] [[] { } {"a" {"a": {"a":1 {"a":1, {"a":1,} {,"a":1} {"a":} {a:1}
    {1:1} {'a':1} {"a":1] {"a"::1} {"a","b"} {"a":1}} {[]:1} {null:1} {"a":1;} /**/1 1// #
  `),
  "",
  "1 2",
  "- 1",
  "１",
  '"\\u00 1"',
  '"\\\n"',
  '"a\nb"',
  '"\t"',
  '"\u0000"',
  '"\u001f"',
  "[1 2]",
  "[\f1]",
  "[\u00a01]",
  '{"a" 1}',
  '{"a":1 "b":2}',
  '{"a\nb":1}',
  "\ufeff1",
  "\u20601",
  "\v1",
]

function split(texts: string): readonly string[] {
  return texts.trim().split(/\s+/)
}

function read(value: string | Buffer): Buffer | undefined {
  const bytes = Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","method":"m","params":{"v":'),
    Buffer.from(value),
    Buffer.from("}}"),
  ])
  const outline = readOutline(bytes)
  return outline.kind === "notification" ? outline.params.get("v") : undefined
}

function isParseError(thrown: unknown): boolean {
  return (
    thrown instanceof ProtocolError &&
    thrown.rpc.code === parseError &&
    thrown.message.startsWith("Not valid JSON: ")
  )
}

describe("JSON as RFC 8259 has it", () => {
  for (const text of valid) {
    test(`${JSON.stringify(text)} is accepted as it stands`, () => {
      JSON.parse(text)
      assert.equal(read(text)?.toString(), text)
    })
  }

  test("white space is accepted wherever it may be", () => {
    const text = '\n\t\r {\n"jsonrpc" : "2.0" ,\t"method"\r:"m" , "params" : { "v" : [ ] } } \n'
    assert.equal(readOutline(Buffer.from(text)).kind, "notification")
  })
})

describe("what is not JSON", () => {
  for (const text of invalid) {
    test(`${JSON.stringify(text)} is refused, alone and within a message`, () => {
      assert.throws(() => JSON.parse(text))
      assert.throws(() => read(text), isParseError)
      assert.throws(() => readOutline(Buffer.from(text)), isParseError)
    })
  }

  test("a refusal says where", () => {
    const places = ['{"a":01}', '{"a":1', "[1,]", '{"a" 1}', "{} x", '"\u0001"'].map((text) => {
      try {
        return readOutline(Buffer.from(text)).kind
      } catch (thrown) {
        return thrown instanceof ProtocolError && thrown.message
      }
    })
    assert.deepEqual(places, [
      'Not valid JSON: expected "," or "}" at byte 6.',
      'Not valid JSON: expected "," or "}" at byte 6, where the text ends.',
      "Not valid JSON: expected a value at byte 3.",
      "Not valid JSON: expected a colon at byte 5.",
      "Not valid JSON: expected the end of the text at byte 3.",
      "Not valid JSON: expected the rest of a string without control characters at byte 1.",
    ])
  })

  test("every text cut short is refused", () => {
    const whole = Buffer.from(
      '{"jsonrpc":"2.0","id":"\\u0061","method":"m","params":{"a":[1.5e+3,true,null,{"b":"é"}]}}',
    )
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => readOutline(whole.subarray(0, length)), isParseError)
  })

  const encodings: readonly (readonly [name: string, bytes: readonly number[]])[] = [
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["a sequence cut short", [0x22, 0xe2, 0x82, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["an overlong zero", [0x22, 0xc0, 0x80, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a code point past U+10FFFF", [0x22, 0xf4, 0xbf, 0xbf, 0xbf, 0x22]],
    ["Latin-1", [0x22, 0xe9, 0x22]],
    ["a byte outside of strings", [0xff]],
  ]
  for (const [name, bytes] of encodings) {
    test(`text that is not UTF-8 is refused: ${name}`, () => {
      assert.throws(() => read(Buffer.from(bytes)), isParseError)
    })
  }

  test("a byte order mark and other encodings are refused", () => {
    const text = '{"jsonrpc":"2.0","method":"m"}'
    const texts = [
      Buffer.from(`\ufeff${text}`),
      Buffer.from(text, "utf16le"),
      Buffer.from(`\ufeff${text}`, "utf16le"),
    ]
    for (const bytes of texts) assert.throws(() => readOutline(bytes), isParseError)
  })
})
