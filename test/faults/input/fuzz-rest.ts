/** Bent requests for every REST operation, and for the few routes beside them. */

import * as fc from "fast-check"
import { inputSchemaOf, requestOf } from "../../../src/surfaces/rest/operation-http.ts"
import { operations } from "../../../src/operations/index.ts"
import type { Operation } from "../../../src/operations/operation.ts"
import { bend, change, oddTexts, splice, spliced, type Splice } from "./bending.ts"
import { fromSchema, type Schema } from "./from-schema.ts"
import { httpBytes, type Field } from "./http-bytes.ts"
import { jsonFields } from "./messages.ts"
import type { Input } from "./probe.ts"
import { textOf, treeOf } from "./tree.ts"

type Values = Readonly<Record<string, unknown>>

/** Once is enough for these: each is work for long. */
const rare = new Set(["rotate_audit_key", "audit_verify", "audit_export", "diagnose_service", "inspect_service"])

const fuzzed = operations.filter(({ name }) => !rare.has(name))

const bending = fc.record({
  changes: fc.array(change, { maxLength: 2 }),
  splices: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Splice[]>([]) },
    { weight: 1, arbitrary: fc.array(splice, { minLength: 1, maxLength: 1 }) },
  ),
  /** Of the path and the query. */
  target: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat() }),
})

type Bending = typeof bending extends fc.Arbitrary<infer Value> ? Value : never

export function* restInputs(fields: readonly Field[], seed: number, count: number): Generator<Input> {
  const each = Math.ceil(count / fuzzed.length)
  const samples = fuzzed.map((operation, salt) => {
    const { properties, required } = inputSchemaOf(operation)
    const schema = { type: "object", properties: properties as Record<string, Schema>, required: [...required] }
    const both = fc.tuple(fromSchema(schema), bending)
    return { operation, drawn: fc.sample(both, { seed: seed + salt, numRuns: each }) }
  })
  for (let round = 0; round < each; round++)
    for (const { operation, drawn } of samples) {
      const [values, how] = drawn[round] ?? []
      const input = settled(operation, values as Values, round)
      if (how) yield { what: `REST ${operation.name}`, bytes: bytesOf(operation, input, fields, how) }
    }
}

/** Of what can be said of a service most goes together with nothing else: every other is one that can be. */
function settled({ name }: Operation, values: Values, round: number): Values {
  // A policy that any generator makes may well deny everybody everything.
  if (name === "set_policy") return { ...values, policy: { ...(values["policy"] as Values), mode: "off" } }
  if (name !== "register_service" || round % 2 === 0) return values
  const { name: service, title = "", description = "" } = values
  return { name: service, enabled: false, url: "unix:///nonexistent/input.sock:/mcp", title, description }
}

function bytesOf(operation: Operation, values: Values, fields: readonly Field[], how: Bending): Buffer {
  const { method, path, body = {} } = requestOf(operation, values)
  const tree = how.changes.reduce(bend, treeOf(body))
  const text = how.splices.reduce<Buffer>(spliced, Buffer.from(textOf(tree)))
  const target = how.target < 0 ? path : targetBent(path, how.target)
  return httpBytes({
    method,
    target,
    fields: [...fields, ...jsonFields],
    body: method === "GET" ? Buffer.alloc(0) : text,
  })
}

function targetBent(path: string, which: number): string {
  const odd = encodeURIComponent(oddTexts[which % oddTexts.length] ?? "")
  const place = (which >>> 8) % (path.length + 1)
  const bent = [
    `${path}${path.includes("?") ? "&" : "?"}${odd}=${odd}`,
    path.replace(/[^/?]+(?=$|\?)/, odd),
    path.replace(/=[^&]*/, `=${odd}`),
    `${path}${path.includes("?") ? "&" : "?"}limit=${odd}&cursor=${odd}`,
    `${path.slice(0, place)}%${path.slice(place)}`,
    path.replace("/api/v1", "/api/v1/"),
    `${path}/`,
    path.toUpperCase(),
  ]
  return bent[which % bent.length] ?? path
}
