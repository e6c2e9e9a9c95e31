/**
 * An operation's input as one HTTP request, for both ends of it: members in the path, the rest in the query (GET,
 * DELETE) or in a JSON body.
 */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import type { Operation } from "../../operations/operation.ts"
import { fromTexts, type ValueSchema } from "./text-value.ts"

export const apiPrefix = "/api/v1"

export type InputSchema = {
  readonly properties: Readonly<Record<string, ValueSchema>>
  readonly required: ReadonlySet<string>
}

const schemas = new WeakMap<Operation, InputSchema>()

/** Computed once. */
export function inputSchemaOf(operation: Operation): InputSchema {
  const known = schemas.get(operation)
  if (known) return known
  const { properties = {}, required = [] } = z.toJSONSchema(operation.input, { io: "input" })
  const made = { properties: properties as InputSchema["properties"], required: new Set(required) }
  schemas.set(operation, made)
  return made
}

/** The names in `{}` of its path. */
export function pathMembers({ route }: Operation): readonly string[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name)
}

export function takesBody({ route }: Operation): boolean {
  return route.method !== "GET" && route.method !== "DELETE"
}

type Input = Readonly<Record<string, unknown>>

/** What a client sends. */
export function requestOf(
  operation: Operation,
  input: Input,
): { readonly method: string; readonly path: string; readonly body: unknown } {
  const inPath = new Set(pathMembers(operation))
  const path =
    apiPrefix +
    operation.route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(toText(input[name])),
    )
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name))
  const { method } = operation.route
  if (takesBody(operation)) return { method, path, body: Object.fromEntries(rest) }
  const query = new URLSearchParams(
    rest.flatMap(([name, value]) => [value].flat().map((item): [string, string] => [name, toText(item)])),
  )
  return { method, path: query.size > 0 ? `${path}?${query.toString()}` : path, body: undefined }
}

export type Sent = {
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Input
}

/** What a server reads. @throws GatewayError `invalid`, also where a member came in two places */
export function inputOf(operation: Operation, { path, query, body }: Sent): Input {
  const { properties } = inputSchemaOf(operation)
  const asked = [...new Set(query.keys())]
  if (asked.length > 0 && takesBody(operation))
    throw new GatewayError("invalid", `${operation.name} takes its input in the body, not in the query.`)
  const twice = Object.keys(path).find((name) => asked.includes(name) || Object.hasOwn(body, name))
  if (twice !== undefined)
    throw new GatewayError("invalid", `${twice} is in the path already; leave it out elsewhere.`)
  const texts = [
    ...Object.entries(path).map(([name, text]) => [name, [text]] as const),
    ...asked.map((name) => [name, query.getAll(name)] as const),
  ]
  const read = texts.map(([name, values]) => [name, fromTexts(name, properties[name] ?? {}, values)] as const)
  return { ...body, ...Object.fromEntries(read) }
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value)
}
