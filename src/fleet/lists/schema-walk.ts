/**
 * Visits every schema inside a JSON Schema, telling schemas from data that only looks like one.
 */

export type Schema = Readonly<Record<string, unknown>>

export type Visited = {
  readonly schema: Schema
  /** Property names from the root; undefined once anything but `properties` lay on the way. */
  readonly path: readonly string[] | undefined
}

/** Keywords whose value maps names of the author's choice to schemas. */
const maps = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"])
/** Keywords whose value is data. */
const data = new Set(["const", "enum", "default", "examples"])

/** @param schema of a depth that was checked before: this recurses */
export function visitSchema(schema: Schema, visit: (visited: Visited) => void): void {
  visitOne({ schema, path: [] }, visit)
}

function visitOne(visited: Visited, visit: (visited: Visited) => void): void {
  visit(visited)
  for (const [keyword, value] of Object.entries(visited.schema)) {
    if (data.has(keyword)) continue
    const inner = maps.has(keyword) && isObject(value) ? Object.entries(value) : [[undefined, value] as const]
    for (const [name, schema] of inner) visitValue(schema, pathInto(visited, keyword, name), visit)
  }
}

function pathInto({ path }: Visited, keyword: string, name: string | undefined): readonly string[] | undefined {
  return path && keyword === "properties" && name !== undefined ? [...path, name] : undefined
}

function visitValue(value: unknown, path: readonly string[] | undefined, visit: (visited: Visited) => void): void {
  if (Array.isArray(value)) for (const item of value) visitValue(item, undefined, visit)
  else if (isObject(value)) visitOne({ schema: value, path }, visit)
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
