import assert from "node:assert/strict"
import { test } from "node:test"
import canonicalize from "canonicalize"
import { canonicalText } from "../../../src/domain/pins/canonical-text.ts"

test("the canonical text is that of RFC 8785 where the two do not part", () => {
  const values = [
    { b: [1, 2.5, { z: null, y: true }], a: 'é\n\u0001"\\/', "": {}, "\u20ac": [], "10": "ten", "9": "nine" },
    ["x", -3, [], [[]], { __proto__: null, constructor: 1 }],
    "text",
    null,
  ]
  for (const value of values) {
    const json = JSON.stringify(value)
    assert.equal(canonicalText(json), canonicalize(JSON.parse(json)))
    assert.equal(canonicalText(JSON.stringify(value, undefined, "\t")), canonicalText(json))
  }
})

test("an escape is the character that it stands for", () => {
  assert.equal(canonicalText(' {"\\u0061" : "\\u00e9\\/\\ud83d\\ude00"} '), '{"a":"é/😀"}')
  assert.equal(canonicalText('{"a":"\\\\","b":"\\\\\\""}'), '{"a":"\\\\","b":"\\\\\\""}')
})

test("POI-09 what a double or a last member would hide is in the text", () => {
  const texts = [
    '{"a":9007199254740992}',
    '{"a":9007199254740993}',
    '{"a":1}',
    '{"a":1.0}',
    '{"a":1,"a":2}',
    '{"a":2,"a":1}',
    '{"a":2}',
    '{"a":"\\ud800"}',
    '{"a":"\\ud801"}',
  ]
  assert.equal(new Set(texts.map(canonicalText)).size, texts.length)
})

test("a long string takes no longer than its length", () => {
  const long = JSON.stringify({ a: '\\"'.repeat(1_000_000), b: "x".repeat(8_000_000) })
  assert.equal(canonicalText(long), long)
})
