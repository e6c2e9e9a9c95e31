import assert from "node:assert/strict"
import { test } from "node:test"
import * as z from "zod"
import { fromTexts, typeOf, type ValueSchema } from "../../../src/surfaces/rest/text-value.ts"

function schemaOf(type: z.ZodType): ValueSchema {
  return z.toJSONSchema(type, { io: "input" }) as ValueSchema
}

for (const [what, type, texts, value] of [
  ["a text", z.string(), ["12"], "12"],
  ["an empty text", z.string(), [""], ""],
  ["a text that happens to say null", z.string(), ["null"], "null"],
  ["nothing, where that is meant", z.string().nullable(), ["null"], null],
  ["an object that may be null", z.record(z.string(), z.json()).nullable().optional(), ["a=1"], { a: "1" }],
  ["a choice", z.enum(["a", "b"]), ["a"], "a"],
  ["a number", z.number(), ["1.5"], 1.5],
  ["a whole number", z.int().optional(), ["12"], 12],
  ["a number that is none, for the schema to refuse", z.int(), ["twelve"], "twelve"],
  ["yes", z.boolean(), ["true"], true],
  ["no", z.boolean().default(true), ["false"], false],
  ["neither yes nor no, for the schema to refuse", z.boolean(), ["0"], "0"],
  ["a list, item by item", z.array(z.string()), ["a", "[b", "-y"], ["a", "[b", "-y"]],
  ["a list of one item", z.array(z.string()), ["a"], ["a"]],
  ["a list as JSON", z.array(z.string()), ['["a","b"]'], ["a", "b"]],
  ["a list of numbers", z.array(z.int()), ["1", "2"], [1, 2]],
  ["a list of objects", z.array(z.strictObject({ url: z.string() })), ['{"url":"u"}'], [{ url: "u" }]],
  ["an object as JSON", z.record(z.string(), z.unknown()), ['{"a":{"b":1}}'], { a: { b: 1 } }],
  ["an object, member by member", z.record(z.string(), z.string()), ["A=1", "B=x=y"], { A: "1", B: "x=y" }],
  ["anything, as JSON where it is JSON", z.unknown(), ["[1]"], [1]],
  ["anything else as text", z.unknown(), ["[1"], "[1"],
] as const) {
  test(`text is read as ${what}`, () => {
    assert.deepEqual(fromTexts("member", schemaOf(type), texts), value)
  })
}

test("one value given twice, and broken JSON, are refused by the member's name", () => {
  assert.throws(() => fromTexts("--name", { type: "string" }, ["a", "b"]), {
    code: "invalid",
    message: /--name was given 2 times/,
  })
  assert.throws(() => fromTexts("--grants", { type: "object" }, ["{"]), {
    code: "invalid",
    message: /--grants is no JSON/,
  })
  assert.throws(() => fromTexts("--env", { type: "object" }, ["NAME"]), { code: "invalid", message: /name=value/ })
})

test("of several types a text is the first choice", () => {
  assert.equal(typeOf(schemaOf(z.union([z.int(), z.string()]))), "string")
  assert.equal(typeOf(schemaOf(z.int().nullable())), "integer")
})
