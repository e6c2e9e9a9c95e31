/** Values that a JSON Schema of one of our operations allows, more or less, as arbitraries of fast-check. */

import * as fc from "fast-check"

export type Schema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** Never an address of another machine, nor a program of this one: what is registered may be tried. */
const known: Readonly<Record<string, readonly unknown[]>> = {
  url: ["unix:///nonexistent/input.sock:/mcp"],
  command: ["/nonexistent/input"],
  cwd: ["/nonexistent"],
  enabled: [false],
  name: ["fuzzed", "fuzzed-2", "nobody"],
  principal: ["fuzzed", "fuzzed-2", "nobody"],
  id: ["nobody", "nothing"],
  subject: ["principal:fuzzed", "team:red", "principal:fuzzed-2"],
  target: ["everything", "service:modern", "tool:modern__echo"],
  window: ["minute", "15 minutes", "hour", "day", "0 days"],
  time_zone: ["UTC", "Europe/Berlin", "Mars/Olympus"],
  from: ["-1h", "2026-01-01T00:00:00Z", "now"],
  to: ["-1s", "2026-01-01T00:00:00Z", "+275760-09-13T00:00:00Z"],
  limit: [1, 10, 50],
}

export function fromSchema(schema: Schema, name = ""): fc.Arbitrary<unknown> {
  const values = known[name]
  if (values && schema.type !== "object") return fc.constantFrom(...values)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => fromSchema(each, name)))
  const of = types[schema.type ?? ""]
  return of ? of(schema) : fc.jsonValue({ maxDepth: 2 })
}

const types: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
  boolean: () => fc.boolean(),
  null: () => fc.constant(null),
  integer: ({ minimum = -10, maximum = Number.MAX_SAFE_INTEGER }) => fc.integer({ min: minimum, max: maximum }),
  number: ({ minimum = -10, maximum = 1e9 }) => fc.double({ min: minimum, max: maximum, noNaN: true }),
  string: ({ maxLength = 30 }) => fc.string({ minLength: 1, maxLength: Math.min(maxLength, 30) }),
  array: ({ items = {} }) => fc.array(fromSchema(items), { maxLength: 3 }),
  object: ({ properties, required = [], additionalProperties }) => {
    if (!properties) {
      const values = typeof additionalProperties === "object" ? additionalProperties : {}
      return fc.dictionary(fc.string({ maxLength: 8 }), fromSchema(values), { maxKeys: 3 })
    }
    const members = Object.entries(properties).map(([name, member]) => [name, fromSchema(member, name)] as const)
    const optional = Object.keys(properties).filter((name) => !required.includes(name))
    return fc
      .tuple(
        fc.record(Object.fromEntries(members)),
        fc.subarray(optional, { maxLength: Math.min(3, optional.length) }),
      )
      .map(([values, chosen]) => only(values, [...required, ...chosen]))
  },
}

function only(values: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, values[name]]))
}
