import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import canonicalize from "canonicalize"
import { bodyOf, hashOf, toText } from "../../../src/domain/audit/chain.ts"
import { entrySchema, type Entry } from "../../../src/domain/audit/entry.ts"
import { GatewayError } from "../../../src/errors.ts"
import { isReadableKey } from "../../support/readable-json.ts"

const plain: Entry = { stream: "s", seq: 1, previous: "", kind: "service", timeMs: 1_700_000_000_000 }

const detail = fc.dictionary(
  fc.string({ unit: "grapheme", minLength: 1 }).filter((key) => key !== "__proto__" && isReadableKey(key)),
  fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
)

function detailText(detail: NonNullable<Entry["detail"]>): string {
  return bodyOf({ ...plain, detail }).replace(/^\{"detail":(.*),"kind":"service".*$/s, "$1")
}

test("an entry has one text, whatever the order in which it was put together", () => {
  fc.assert(
    fc.property(detail, (detail) => {
      const turned = Object.fromEntries(Object.entries({ ...plain, detail }).toReversed()) as Entry
      const body = bodyOf({ ...plain, detail })
      assert.equal(bodyOf({ ...turned, detail: Object.fromEntries(Object.entries(detail).toReversed()) }), body)
    }),
  )
})

test("an entry read back from its text has the same text and hash", () => {
  fc.assert(
    fc.property(detail, (detail) => {
      const body = bodyOf({ ...plain, detail })
      const again = bodyOf(entrySchema.parse(JSON.parse(body)))
      assert.equal(again, body)
      assert.deepEqual(hashOf(again), hashOf(body))
    }),
  )
})

test("numbers and texts are spelled as RFC 8785 has it", () => {
  const numbers = { a: Number("333333333.33333329"), b: 1e30, c: 4.5, d: 2e-3, e: 1e-27, f: -0, g: 2 ** 53 - 1 }
  assert.equal(
    detailText(numbers),
    '{"a":333333333.3333333,"b":1e+30,"c":4.5,"d":0.002,"e":1e-27,"f":0,"g":9007199254740991}',
  )
  assert.equal(detailText({ s: '€$\u000f\nA\'B"\\\\"/\u2028' }), '{"s":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"}')
})

test("members are in the order of their UTF-16 units", () => {
  const members = { "€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 }
  assert.equal(detailText(members), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
})

test("what no JSON can say is our own fault", () => {
  for (const value of [NaN, Infinity, -Infinity, "\ud800", "a\udc00b"]) {
    assert.throws(
      () => bodyOf({ ...plain, detail: { value } }),
      (thrown) => thrown instanceof GatewayError && thrown.code === "internal",
    )
  }
})

test("the hash of an entry is that of a Merkle leaf", () => {
  const expected = hash("sha256", Buffer.concat([Buffer.of(0), Buffer.from('{"ö":1}')]), "buffer")
  assert.deepEqual(hashOf('{"ö":1}'), expected)
  assert.equal(toText(expected), expected.toString("base64url"))
})

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }))
const size = fc.record({ bytes: fc.nat(), digest: text })
const members = fc.record(
  {
    ...Object.fromEntries(["callId", "client", "copy", "method", "target"].map((name) => [name, text])),
    tags: fc.array(text),
    durationMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1 }),
    arguments: size,
    result: size,
    detail,
  },
  { requiredKeys: [] },
)

test("the text of an entry is its canonical JSON", () => {
  fc.assert(
    fc.property(members, (given) => {
      const entry = { ...plain, ...(given as Partial<Entry>) }
      assert.equal(bodyOf(entry), canonicalize(entry))
    }),
    { numRuns: 1_000 },
  )
})
