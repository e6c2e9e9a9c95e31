/** The REST door in OpenAPI 3.1, from the list of operations and the table of errors. */

import * as z from "zod"
import type { Operation } from "../../operations/operation.ts"
import { jsonResponse, ownPaths } from "./openapi-paths.ts"
import { problemResponses, problemSchema, problems } from "./openapi-problems.ts"
import { apiPrefix, inputSchemaOf, pathMembers, takesBody } from "./operation-http.ts"
import { streamedTypes } from "./rest-stream.ts"

type Json = { readonly [key: string]: unknown }

export function openApiDocument(operations: readonly Operation[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = { ...ownPaths }
  for (const operation of operations) {
    const path = apiPrefix + operation.route.path
    paths[path] = { ...paths[path], [operation.route.method.toLowerCase()]: describe(operation) }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "mcp-meta",
      version,
      description: "A gateway for the Model Context Protocol, governed through REST.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, { basic: [] }],
    tags: [...new Set(operations.map(({ group }) => group)), "gateway"].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A key." },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "A key." },
        basic: { type: "http", scheme: "basic", description: "A principal with a password." },
      },
      responses: problemResponses,
      schemas: { Problem: problemSchema, ...(Object.assign({}, ...operations.map(schemasOf)) as Json) },
    },
  }
}

function describe(operation: Operation): Json {
  const { name, title, summary, group, permission, effect } = operation
  const { properties, required } = inputSchemaOf(operation)
  const inPath = new Set(pathMembers(operation))
  const members = Object.entries(properties).filter(([member]) => inPath.has(member) || !takesBody(operation))
  return {
    operationId: name,
    summary: title,
    description: `${summary}\n\nPermission: \`${permission}\`.`,
    tags: [group],
    parameters: members.map(([member, schema]) => ({
      name: member,
      in: inPath.has(member) ? "path" : "query",
      required: inPath.has(member) || required.has(member),
      ...(schema.description !== undefined && { description: schema.description }),
      schema: rebase(schema, inputName(name)),
    })),
    ...(takesBody(operation) && {
      requestBody: { required: true, content: { "application/json": { schema: reference(inputName(name)) } } },
    }),
    responses: {
      [effect === "create" ? "201" : "200"]: responseOf(operation),
      ...problems,
    },
  }
}

function responseOf({ name, title, stream }: Operation): Json {
  const { description, content } = jsonResponse(title, reference(outputName(name)))
  const text = { schema: { type: "string", description: "All pages as one text." } }
  const texts = stream ? Object.fromEntries(streamedTypes.map((type) => [type, text])) : {}
  return { description, content: { ...content, ...texts } }
}

/** An operation's schemas as components. What the path holds is no part of the body. */
function schemasOf(operation: Operation): Json {
  const { name, input, output } = operation
  const inPath = new Set(pathMembers(operation))
  const { properties = {}, required = [], ...body } = z.toJSONSchema(input, { io: "input" })
  const kept = Object.fromEntries(Object.entries(properties).filter(([member]) => !inPath.has(member)))
  const inBody = { ...body, properties: kept, required: required.filter((member) => !inPath.has(member)) }
  return {
    ...(takesBody(operation) && { [inputName(name)]: rebase(inBody, inputName(name)) }),
    [outputName(name)]: rebase(z.toJSONSchema(output), outputName(name)),
  }
}

const inputName = (operation: string): string => `${operation}.input`
const outputName = (operation: string): string => `${operation}.output`
const reference = (component: string): Json => ({ $ref: `#/components/schemas/${component}` })

/** A schema that stood alone, as a component: its references begin elsewhere, and the dialect is the document's. */
function rebase(schema: unknown, component: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => rebase(item, component))
  if (typeof schema !== "object" || schema === null) return schema
  const members = Object.entries(schema).filter(
    ([key, value]) => !(key === "$schema" && typeof value === "string"),
  )
  return Object.fromEntries(
    members.map(([key, value]) => {
      const isReference = key === "$ref" && typeof value === "string" && value.startsWith("#")
      return [key, isReference ? `#/components/schemas/${component}${value.slice(1)}` : rebase(value, component)]
    }),
  )
}
