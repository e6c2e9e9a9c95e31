/** Numbers at and past every limit of every operation: what its schema has no room for must be refused. */

import type { Operation } from "../../../../src/operations/operation.ts"
import { operations } from "../../../../src/operations/index.ts"
import { inputSchemaOf, pathMembers, requestOf, takesBody } from "../../../../src/surfaces/rest/operation-http.ts"
import type { Schema } from "../from-schema.ts"
import type { Input } from "../probe.ts"
import { standIns } from "../stand-ins.ts"
import { textOf, treeOf, type Members } from "../tree.ts"
import { post, status, type Door } from "./edge.ts"

/** Where in the input: a name, `[]` for any item, `*` for any name. */
type Found = { readonly path: readonly string[]; readonly schema: Schema }

const odd = [
  "-0",
  "1.5",
  "1e400",
  "-1e400",
  "1e-400",
  "9007199254740993",
  '"1"',
  '""',
  "true",
  "null",
  "[1]",
  "{}",
  "NaN",
]

export function* numbers(door: Door): Generator<Input> {
  for (const operation of operations) {
    const properties = inputSchemaOf(operation).properties as Readonly<Record<string, Schema>>
    for (const found of numbersIn({ properties }, []))
      for (const token of [...limitsOf(found.schema), ...odd]) {
        const what = `${operation.name} ${found.path.join(".")} = ${token}`
        const judge = hasNoRoom(found.schema, token) && { judge: status(400, 403, 404, 409) }
        yield { what, bytes: bytesOf(door, operation, found, token), ...judge }
      }
  }
}

function* numbersIn(schema: Schema, path: readonly string[]): Generator<Found> {
  if (schema.type === "integer" || schema.type === "number") yield { path, schema }
  for (const [name, member] of Object.entries(schema.properties ?? {})) yield* numbersIn(member, [...path, name])
  for (const choice of schema.anyOf ?? []) yield* numbersIn(choice, path)
  if (schema.items) yield* numbersIn(schema.items, [...path, "[]"])
  if (typeof schema.additionalProperties === "object")
    yield* numbersIn(schema.additionalProperties, [...path, "*"])
}

function limitsOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema): readonly string[] {
  return [-1, 0, minimum - 1, minimum, maximum, maximum + 1, 2 ** 53].map(String)
}

function hasNoRoom({ type, minimum = -Infinity, maximum = Infinity }: Schema, token: string): boolean {
  const value = Number(token)
  if (Number.isNaN(value)) return !["true", "null", "[1]", "{}", '"1"', '""'].includes(token)
  return value < minimum || value > maximum || (type === "integer" && !Number.isSafeInteger(value))
}

function bytesOf(door: Door, operation: Operation, { path: [first = "", ...rest] }: Found, token: string): Buffer {
  const inBody = takesBody(operation) && !pathMembers(operation).includes(first)
  const given = { ...standIns(operation), ...(inBody ? {} : { [first]: token.replaceAll('"', "") }) }
  const { method, path: target, body } = requestOf(operation, given)
  if (!inBody) return post(door, { method, target, body: "" })
  const { members } = treeOf(body) as Members
  const others = members.filter(([name]) => name !== first)
  return post(door, { method, target, body: textOf({ members: [...others, [first, within(rest, token)]] }) })
}

function within(path: readonly string[], token: string): string {
  return path.reduceRight((inner, step) => (step === "[]" ? `[${inner}]` : `{"${step}":${inner}}`), token)
}
