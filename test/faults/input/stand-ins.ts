/** The least that an operation must be told, so that it is asked what one more member is. */

import type { Operation } from "../../../src/operations/operation.ts"
import { inputSchemaOf } from "../../../src/surfaces/rest/operation-http.ts"
import { typeOf } from "../../../src/surfaces/rest/text-value.ts"

/** Nothing is ever registered that could be reached. */
const unreachable = { enabled: false, url: "unix:///nonexistent/input.sock:/mcp" }

const byType: Readonly<Record<string, unknown>> = {
  string: "nobody",
  boolean: false,
  integer: 1,
  number: 1,
  object: {},
}

export function standIns(operation: Operation): Record<string, unknown> {
  const { properties, required } = inputSchemaOf(operation)
  const values = [...required].map((name) => {
    const schema = properties[name] ?? {}
    return [name, schema.enum ? schema.enum[0] : (byType[typeOf(schema) ?? ""] ?? "nobody")]
  })
  return { ...Object.fromEntries(values), ...(operation.name === "register_service" && unreachable) }
}
