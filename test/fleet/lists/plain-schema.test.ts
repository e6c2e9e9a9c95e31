import { AjvJsonSchemaValidator } from "@modelcontextprotocol/server/validators/ajv"
import fc from "fast-check"
import assert from "node:assert/strict"
import { test } from "node:test"
import { isPlainSchema } from "../../../src/fleet/lists/plain-schema.ts"
import type { Schema } from "../../../src/fleet/lists/schema-walk.ts"

const dialects = ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema"]
const validators = dialects.map((dialect) =>
  new AjvJsonSchemaValidator().getValidator({ $schema: dialect, $ref: dialect }),
)

const keywords = `type title description format minimum maximum exclusiveMinimum minLength maxItems uniqueItems
  readOnly default const items additionalProperties not propertyNames anyOf oneOf properties required enum $ref $defs
  pattern contains patternProperties definitions multipleOf examples if then prefixItems nullable $comment`.split(
  /\s+/,
)
const { schema } = fc.letrec<{ schema: Schema; value: unknown }>((tie) => ({
  schema: fc.dictionary(fc.constantFrom(...keywords), tie("value"), { maxKeys: 3 }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      "string",
      "object",
      "text",
      "#/$defs/a",
      "#a b",
      "^a+$",
      "a(",
      "a{2,1}",
      true,
      false,
      -1,
      0,
      1,
      1.5,
      null,
    ),
    tie("schema"),
    fc.array(fc.constantFrom("a", "b", 1, 1.0, true, null), { maxLength: 3 }),
    fc.array(tie("schema"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "[z-a]"), tie("schema")),
  ),
}))

test("what is plain is valid in both dialects", () => {
  let plain = 0
  const property = fc.property(schema, (schema) => {
    if (!isPlainSchema(schema)) return
    plain += 1
    for (const validate of validators) assert.equal(validate(schema).errorMessage, undefined)
  })
  fc.assert(property, { numRuns: 5_000 })
  assert.ok(plain > 500, `only ${plain} were plain`)
})

test("the schema of an everyday tool is plain", () => {
  const limit = { type: "integer", minimum: 1, maximum: 100, default: 10, description: "How many." }
  const mode = { anyOf: [{ enum: ["fast", "slow"] }, { $ref: "#/$defs/mode" }] }
  const tags = { type: "array", items: { type: "string", minLength: 1 }, uniqueItems: true }
  const properties = { limit, mode, tags }
  const $defs = { mode: { const: { deep: true } } }
  assert.equal(
    isPlainSchema({ type: "object", properties, required: ["mode"], additionalProperties: false, $defs }),
    true,
  )
})

test("what is wrong or unheard of is not plain, however deep it lies", () => {
  const wrong: readonly Schema[] = [
    { type: "strin" },
    { required: ["a", "a"] },
    { minLength: -1 },
    { anyOf: [] },
    { $ref: "https://example.com" },
    { pattern: "(" },
    { constructor: {} },
  ]
  for (const inner of wrong) assert.equal(isPlainSchema({ properties: { a: { items: inner } } }), false)
})
