/** What is odd about the shape of a tool. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { isCostlyPattern } from "../../../src/domain/admission/pattern-cost.ts"
import { idsOf, inspect, tool } from "./definitions-kit.ts"

async function lint(more: object): Promise<readonly string[]> {
  return idsOf(await inspect({ tools: [tool(more)] }))
}

const schema = (inputSchema: object): object => ({ inputSchema: { type: "object", ...inputSchema } })

test("a tool that is described as it should be has no finding", async () => {
  const properties = { city: { type: ["string", "null"], description: "Where.", pattern: "^[a-z]+(-[a-z]+)?$" } }
  assert.deepEqual(await lint(schema({ properties, required: ["city"] })), [])
})

test("what is missing or wrong in a schema is told", async () => {
  const deep = Array.from({ length: 20 }).reduce<object>((inner) => ({ items: inner }), {})
  const cases: Readonly<Record<string, object>> = {
    no_description: { description: " " },
    undescribed_parameter: schema({ properties: { city: { type: "string" } }, required: ["city"] }),
    unknown_type: schema({ properties: { city: { type: "text" } } }),
    deep_schema: schema({ properties: { city: deep } }),
    remote_ref: schema({ properties: { city: { $ref: "https://x.test/schema.json" } } }),
    large_enum: schema({ properties: { city: { enum: Array.from({ length: 300 }, String) } } }),
    costly_pattern: schema({ properties: { city: { pattern: "^(a+)+$" } } }),
    side_channel: schema({ properties: { sidenote: { type: "string", description: "A note." } } }),
    misleading_annotation: { name: "delete_file", annotations: { readOnlyHint: true } },
    icon_address: { icons: [{ src: "javascript:alert(1)" }] },
  }
  for (const [id, more] of Object.entries(cases)) assert.deepEqual(await lint(more), [id])
  assert.deepEqual(idsOf(await inspect({ tools: [{}] })), ["unreadable_item", "no_description"])
})

test("data in a schema is not taken for a schema, nor a property's name for a keyword", async () => {
  const properties = {
    type: { type: "string", description: "x" },
    $ref: { type: "string" },
    enum: { default: { type: "text", $ref: "https://x.test" } },
  }
  assert.deepEqual(await lint(schema({ properties })), [])
})

test("RED-01 patterns that repeat a repetition are told from those that do not", () => {
  for (const pattern of ["(a+)+", "(a*)*b", "((a+)b?)*", "(\\d+|x)+$", "([a-z]+)*", "(a{2,})+"])
    assert.equal(isCostlyPattern(pattern), true, pattern)
  for (const pattern of ["a+b+", "(ab)+", "[(a+)+]", "\\(a+\\)+", "(a+)b", "^\\w{1,64}(-\\w)?$", "(((", "[", "\\"])
    assert.equal(isCostlyPattern(pattern), false, pattern)
})
