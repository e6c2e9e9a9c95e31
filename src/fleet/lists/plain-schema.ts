/**
 * Tells schemas that are valid beyond doubt: JSON objects that use only everyday keywords, each with a value of the
 * form that both dialects ask for. Most tools have such, and the validator that knows everything takes 70 ms and 8 MB to
 * load (schema-check.ts). What is not plain may still be valid.
 */

import type { Schema } from "./schema-walk.ts"

type Test = (value: unknown) => boolean

const maxPatternLength = 1_000

const types = new Set<unknown>(["array", "boolean", "integer", "null", "number", "object", "string"])

const isText: Test = (value) => typeof value === "string"
const isFlag: Test = (value) => typeof value === "boolean"
const isNumber: Test = (value) => typeof value === "number"
const isCount: Test = (value) => Number.isInteger(value) && Number(value) >= 0
const isAnything: Test = () => true
const isSchema: Test = (value) => isFlag(value) || (isObject(value) && isPlainSchema(value))
const isSchemas: Test = (value) => Array.isArray(value) && value.length > 0 && value.every(isSchema)
const isMap: Test = (value) => isObject(value) && Object.values(value).every(isSchema)
const isDistinct: Test = (value) =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length
/** Only read, never run: docs/decisions/0014-patterns.md. One that is long is looked at by who knows everything. */
const isPattern: Test = (value) => {
  if (typeof value !== "string" || value.length > maxPatternLength) return false
  try {
    return new RegExp(value, "u") instanceof RegExp
  } catch {
    return false
  }
}
const isPatternMap: Test = (value) => isMap(value) && Object.keys(value as Schema).every(isPattern)
const isScalar: Test = (value) => value === null || typeof value !== "object"
const isEnum: Test = (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isScalar) && new Set(value).size === value.length
const isLocal: Test = (value) => typeof value === "string" && /^#(\/[\w$/-]*)?$/.test(value)

const keywords = new Map<string, Test>([
  ...each(["title", "description", "format", "$comment", "contentEncoding", "contentMediaType"], isText),
  ...each(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], isNumber),
  ...each(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], isCount),
  ...each(["uniqueItems", "readOnly", "writeOnly", "deprecated", "nullable"], isFlag),
  ...each(["default", "const"], isAnything),
  ...each(["items", "additionalProperties", "not", "propertyNames", "contains", "if", "then", "else"], isSchema),
  ...each(["anyOf", "oneOf", "allOf", "prefixItems"], isSchemas),
  ...each(["properties", "$defs", "definitions"], isMap),
  ["patternProperties", isPatternMap],
  ["pattern", isPattern],
  ["multipleOf", (value) => isNumber(value) && Number(value) > 0],
  ["examples", (value) => Array.isArray(value)],
  ["type", (value) => types.has(value)],
  ["required", isDistinct],
  ["enum", isEnum],
  ["$ref", isLocal],
])

/** @param schema in either dialect, of a depth that was checked before: this recurses */
export function isPlainSchema(schema: Schema): boolean {
  return Object.entries(schema).every(([keyword, value]) => keywords.get(keyword)?.(value) ?? false)
}

function each(names: readonly string[], test: Test): readonly (readonly [string, Test])[] {
  return names.map((name) => [name, test])
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
