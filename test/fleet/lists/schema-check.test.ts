import assert from "node:assert/strict"
import { test } from "node:test"
import { readParamHeaders } from "../../../src/fleet/lists/param-headers.ts"
import { findSchemaFault } from "../../../src/fleet/lists/schema-check.ts"
import { toRaw } from "../../../src/mcp/raw-json.ts"

const faultOf = (
  schema: unknown,
  role: "inputSchema" | "outputSchema" = "inputSchema",
): Promise<string | undefined> => findSchemaFault(toRaw(schema), role)

test("schemas of the dialects in use are taken", async () => {
  const schemas = [
    { type: "object" },
    { type: "object", $schema: "http://json-schema.org/draft-07/schema#", definitions: { a: { type: "string" } } },
    { type: "object", $schema: "https://json-schema.org/draft/2020-12/schema", prefixItems: [{}] },
    { type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: { type: "string" } } },
    { type: "object", properties: { $ref: { type: "string" }, default: { type: "string" } } },
    { type: "object", properties: { a: { const: { $ref: "https://example.com" } } } },
    { type: "object", properties: { a: { $ref: "node" } }, $defs: { node: { $id: "node", type: "string" } } },
  ]
  for (const schema of schemas) assert.equal(await faultOf(schema), undefined, JSON.stringify(schema))
})

test("a schema that cannot be relied upon is refused with a reason", async () => {
  const cases: [unknown, RegExp][] = [
    ["text", /must be a JSON object/],
    [{}, /"type": "object" at its root/],
    [{ type: "object", properties: { a: { type: "strin" } } }, /no valid JSON Schema/],
    [{ type: "object", properties: { a: { $ref: "https://example.com/a" } } }, /outside of itself/],
    [{ type: "object", properties: { default: { $ref: "http://example.com/a" } } }, /outside of itself/],
    [{ type: "object", description: "x".repeat(300_000) }, /the limit is 262144/],
    [{ type: "object", properties: nested(70) }, /nested deeper/],
  ]
  for (const [schema, reason] of cases) assert.match((await faultOf(schema)) ?? "", reason)
})

test("an output schema may have any root", async () => {
  assert.equal(await faultOf({ type: "array", items: { type: "string" } }, "outputSchema"), undefined)
  assert.match((await faultOf({ type: 7 }, "outputSchema")) ?? "", /^outputSchema is no valid/)
})

test("arguments that are repeated in headers are found by their path", () => {
  const region = { type: "string", "x-mcp-header": "Region" }
  const schema = {
    type: "object",
    properties: {
      region,
      where: { type: "object", properties: { zone: { type: "integer", "x-mcp-header": "zone-id" } } },
    },
  }
  const expected = new Map([
    ["region", ["region"]],
    ["zone-id", ["where", "zone"]],
  ])
  assert.deepEqual(readParamHeaders(toRaw(schema)), expected)
  assert.deepEqual(readParamHeaders(toRaw({ type: "object" })), new Map())
})

test("an annotation that breaks a rule says which", () => {
  const cases: [object, RegExp][] = [
    [{ properties: { a: { type: "string", "x-mcp-header": "a b" } } }, /no name of a header/],
    [{ properties: { a: { type: "number", "x-mcp-header": "a" } } }, /needs a string, an integer or a boolean/],
    [{ properties: { a: { type: "array", items: { type: "string", "x-mcp-header": "a" } } } }, /plain property/],
    [{ anyOf: [{ properties: { a: { type: "string", "x-mcp-header": "a" } } }] }, /plain property/],
    [
      { properties: { a: { type: "string", "x-mcp-header": "a" }, b: { type: "string", "x-mcp-header": "A" } } },
      /twice/,
    ],
  ]
  for (const [schema, reason] of cases) assert.match(faultIn({ type: "object", ...schema }), reason)
})

function faultIn(schema: object): string {
  const read = readParamHeaders(toRaw(schema))
  return typeof read === "string" ? read : "none"
}

function nested(depth: number): object {
  return depth === 0 ? {} : { properties: nested(depth - 1) }
}
