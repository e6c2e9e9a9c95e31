import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readStrictJson, type StrictJson } from "../../src/mcp/strict-json.ts"

const read = (text: string): StrictJson | undefined => readStrictJson(Buffer.from(text))

test("whatever is JSON and keeps to the rules is read as any other reader does", () => {
  const plain = (value: StrictJson | undefined): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    return value instanceof Map
      ? Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]))
      : value
  }
  const numbers = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 1_000),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      numbers,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree")),
      fc.dictionary(fc.string(), tie("tree")),
    ),
  }))
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      assert.deepEqual(plain(read(text)), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

test("IN-03 IN-10 what two readers could take differently is not read", () => {
  const wrong = [
    '{"a":1,"a":2}',
    '{"a":{"b":[{"c":1,"c":1}]}}',
    '{"a":1,"\\u0061":2}',
    "[1,]",
    '{"a":1,}',
    "01",
    "[1] 2",
    "",
    "{'a':1}",
    "NaN",
    '"\n"',
    "\ufeff{}",
  ]
  for (const text of wrong) assert.equal(read(text), undefined, text)
  assert.equal(readStrictJson(Buffer.from([0x22, 0xff, 0x22])), undefined)
  assert.ok(read(`${"[".repeat(64)}${"]".repeat(64)}`))
  assert.equal(read(`${"[".repeat(65)}${"]".repeat(65)}`), undefined)
  assert.equal(read(`[${"1,".repeat(60_000)}1]`), undefined)
  assert.equal(read(`"${"a".repeat(1_048_576)}"`), undefined)
})

test("digits that a double does not keep are no number", () => {
  const isNumber = (digits: string): boolean => typeof read(digits) === "number"
  for (const digits of [
    "0",
    "-0",
    "0.000",
    "1e2",
    "9007199254740991",
    "-9007199254740991",
    "0.1",
    "123456789012345",
    "1.5e299",
    "1E-300",
  ])
    assert.ok(isNumber(digits), digits)
  for (const digits of [
    "9007199254740992",
    "9007199254740993",
    "1e400",
    "1e-400",
    "0.1000000000000000055511151231257827",
    "100.00000000000000000001",
    "1234567890123456.5",
  ])
    assert.ok(!isNumber(digits), digits)
})
