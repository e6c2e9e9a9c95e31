/**
 * Whether a tool's schema can be relied upon: small enough, valid in its own dialect, complete in itself. A schema is
 * only looked at; it is never compiled, and nothing it refers to is fetched.
 */

import { fromRaw, type RawJson } from "../../mcp/raw-json.ts"
import { readMembers } from "../../mcp/outline.ts"
import { ProtocolError } from "../../mcp/protocol-error.ts"
import { isPlainSchema } from "./plain-schema.ts"
import { visitSchema, type Schema } from "./schema-walk.ts"

export type SchemaRole = "inputSchema" | "outputSchema"

const maxBytes = 256 * 1024
/**
 * Values in one schema that is not plain: the validator takes up to 0.1 ms for each that is wrong, and compares the
 * members of some lists each with each.
 */
const maxUnusualValues = 2_000
/** The same for all schemas of one service together, which are looked at one after the other. */
const maxUnusualInAll = 50_000
const dialect2020 = "https://json-schema.org/draft/2020-12/schema"
const draft7 = "http://json-schema.org/draft-07/schema"

type MetaCheck = (schema: Schema) => string | undefined

/** What looking at the schemas of one service has cost so far. */
export class SchemaEffort {
  #values = 0

  /** @returns why this one is not looked at more closely, where it is not */
  refuse(schema: Schema): string | undefined {
    const values = countValues(schema)
    if (values > maxUnusualValues)
      return `uses unusual keywords and has ${values} values; the limit for such is ${maxUnusualValues}.`
    this.#values += values
    if (this.#values > maxUnusualInAll)
      return `was not looked at: the service's schemas with unusual keywords have more than ${maxUnusualInAll} values.`
    return undefined
  }
}

/**
 * @param effort shared by the schemas of one service
 * @returns what is wrong, in one sentence; undefined where nothing is
 */
export async function findSchemaFault(
  raw: RawJson,
  role: SchemaRole,
  effort: SchemaEffort = new SchemaEffort(),
): Promise<string | undefined> {
  if (raw.length > maxBytes) return `${role} has ${raw.length} bytes; the limit is ${maxBytes}.`
  const fault = findShapeFault(raw)
  if (fault) return `${role} ${fault}`
  const schema = fromRaw(raw) as Schema
  if (role === "inputSchema" && schema["type"] !== "object")
    return 'inputSchema must have "type": "object" at its root.'
  const external = findExternalRef(schema)
  if (external) return `${role} refers to ${external.slice(0, 200)}, outside of itself.`
  if (isPlain(schema)) return undefined
  const refused = effort.refuse(schema)
  if (refused) return `${role} ${refused}`
  const invalid = (await metaCheckFor(schema))(schema)
  return invalid && `${role} is no valid JSON Schema: ${invalid.slice(0, 300)}.`
}

/** `$schema` says which dialect the rest is in; what is plain is so in both. */
function isPlain({ $schema, ...rest }: Schema): boolean {
  return ($schema === undefined || $schema === dialect2020 || isDraft7($schema)) && isPlainSchema(rest)
}

/** @param value of a depth that was checked before: this recurses */
function countValues(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1)
}

function findShapeFault(raw: RawJson): string | undefined {
  try {
    readMembers(raw)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown
    return raw[0] === 0x7b ? `cannot be read: ${thrown.message}` : "must be a JSON object."
  }
}

function findExternalRef(schema: Schema): string | undefined {
  const ids = new Set<string>()
  const refs: string[] = []
  visitSchema(schema, ({ schema: { $id, $ref, $dynamicRef } }) => {
    if (typeof $id === "string") ids.add(withoutFragment($id))
    for (const ref of [$ref, $dynamicRef]) if (typeof ref === "string") refs.push(ref)
  })
  return refs.find((ref) => !ref.startsWith("#") && !ids.has(withoutFragment(ref)))
}

function withoutFragment(uri: string): string {
  return uri.split("#", 1)[0] ?? uri
}

const metaChecks = new Map<string, Promise<MetaCheck>>()

function metaCheckFor(schema: Schema): Promise<MetaCheck> {
  const dialect = isDraft7(schema["$schema"]) ? draft7 : dialect2020
  const known = metaChecks.get(dialect)
  if (known) return known
  const loading = loadMetaCheck(dialect)
  metaChecks.set(dialect, loading)
  return loading
}

function isDraft7(named: unknown): boolean {
  return typeof named === "string" && /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/.test(named)
}

/** The validator costs 70 ms to load, and a gateway whose tools have plain schemas never needs it. */
async function loadMetaCheck(dialect: string): Promise<MetaCheck> {
  const { AjvJsonSchemaValidator } = await import("@modelcontextprotocol/server/validators/ajv")
  const validate = new AjvJsonSchemaValidator().getValidator({ $schema: dialect, $ref: dialect })
  return (schema) => {
    const { errorMessage } = validate(schema)
    return errorMessage?.replaceAll("data/", "/")
  }
}
