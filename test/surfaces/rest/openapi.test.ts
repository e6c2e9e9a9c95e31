import assert from "node:assert/strict"
import { test } from "node:test"
import { operations } from "../../../src/operations/index.ts"
import { openApiDocument } from "../../../src/surfaces/rest/openapi.ts"
import { pathMembers, takesBody } from "../../../src/surfaces/rest/operation-http.ts"

type Parameter = {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: unknown
}
type Described = {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
}
type Document = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

const document = JSON.parse(JSON.stringify(openApiDocument(operations, "1.2.3"))) as Document
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test("every operation is described once, where its route is", () => {
  assert.equal(document.openapi, "3.1.0")
  assert.ok(operations.length > 15)
  for (const { name, route } of operations) {
    const found = described.filter(({ operation }) => operation.operationId === name)
    assert.deepEqual(
      found.map(({ path, method }) => [method, path]),
      [[route.method.toLowerCase(), `/api/v1${route.path}`]],
    )
  }
  assert.equal(new Set(described.map(({ operation }) => operation.operationId)).size, described.length)
})

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"(#[^"]*)"/g)].map(
    ([, reference = ""]) => reference,
  )
  assert.ok(references.length > operations.length)
  for (const reference of references) assert.notEqual(follow(reference), undefined, reference)
})

function follow(reference: string): unknown {
  const steps = reference
    .slice(2)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document)
}

test("what a path names is a parameter, required and told once", () => {
  for (const { path, operation } of described) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name)
    const told = (operation.parameters ?? []).filter((parameter) => parameter.in === "path")
    assert.deepEqual(told.map(({ name }) => name).sort(), inPath.sort(), path)
    assert.ok(told.every(({ required }) => required))
  }
})

test("a body is described where one is read, without what the path holds", () => {
  for (const operation of operations) {
    const found = described.find(({ operation: { operationId } }) => operationId === operation.name)?.operation
    assert.equal(found?.requestBody !== undefined, takesBody(operation), operation.name)
    const body = follow(`#/components/schemas/${operation.name}.input`) as
      | { readonly properties: object; readonly required: readonly string[] }
      | undefined
    for (const name of body ? pathMembers(operation) : [])
      assert.ok(!(name in (body?.properties ?? {})) && !body?.required.includes(name))
  }
})

test("every operation answers with its output or a problem", () => {
  for (const { operation, path } of described.filter(({ path }) => path.startsWith("/api/"))) {
    const statuses = Object.keys(operation.responses)
    assert.ok(
      statuses.some((status) => status.startsWith("2")),
      path,
    )
    assert.deepEqual(
      statuses.filter((status) => !status.startsWith("2")),
      ["400", "401", "403", "404", "409", "413", "429", "500", "502", "503", "504"],
    )
  }
})
