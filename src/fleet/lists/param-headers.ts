/**
 * The `x-mcp-header` annotations of a tool's input schema: arguments that modern requests repeat in a header.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import type { Offered } from "../../domain/catalog.ts"
import { fromRaw, type RawJson } from "../../mcp/raw-json.ts"
import { visitSchema, type Schema, type Visited } from "./schema-walk.ts"

type ParamHeaders = NonNullable<Offered["paramHeaders"]>

const annotation = "x-mcp-header"
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const primitives = new Set<unknown>(["string", "integer", "boolean"])

/**
 * @returns suffixes in lower case with the path to each argument; a sentence where an annotation breaks a rule, so that
 *   the tool must not be offered
 */
export function readParamHeaders(inputSchema: RawJson): ParamHeaders | string {
  const headers = new Map<string, readonly string[]>()
  if (!inputSchema.includes(annotation)) return headers
  const faults: string[] = []
  visitSchema(fromRaw(inputSchema) as Schema, (visited) => {
    if (!(annotation in visited.schema)) return
    const fault = findFault(visited, headers)
    if (fault) faults.push(fault)
    else headers.set(String(visited.schema[annotation]).toLowerCase(), visited.path ?? [])
  })
  return faults[0] ?? headers
}

function findFault({ schema, path }: Visited, taken: ParamHeaders): string | undefined {
  const name = schema[annotation]
  if (typeof name !== "string" || !token.test(name)) return `An ${annotation} is no name of a header.`
  if (!path || path.length === 0) return `The ${annotation} ${name} does not stand on a plain property.`
  if (!primitives.has(schema["type"])) return `The ${annotation} ${name} needs a string, an integer or a boolean.`
  return taken.has(name.toLowerCase()) ? `The ${annotation} ${name} comes twice.` : undefined
}
