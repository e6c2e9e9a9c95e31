/**
 * What one may say of a service: the fields of its file, for registering it, and each of them or null, for changing
 * it. Whether they fit together is left to domain/services/service.ts, which reads the file that comes of them.
 */

import * as z from "zod"
import { serviceFile } from "../../domain/services/service-file.ts"

const { name: _name, ...fields } = serviceFile.shape

const sentences: Readonly<Record<keyof typeof fields, string>> = {
  title: "For people.",
  description: "What it is for; helps others to choose it.",
  tags: "For filtering.",
  enabled: "Whether it runs; true where absent.",
  owner: "Whom to ask about it.",
  region: "Where it runs.",
  type: "How it is reached; inferred where absent: stdio with a command, websocket or http with a url.",
  command: "stdio: the program to start, without a shell. Needs services:stdio:write.",
  args: "stdio: its arguments, one each.",
  env: "stdio: its variables. ${secret:NAME} and ${env:NAME} stand for values that are shown nowhere.",
  cwd: "stdio: the folder it runs in.",
  url: "http, sse, websocket: where it is, such as https://example.com/mcp. Use endpoints for several replicas.",
  headers:
    "http, sse, websocket: sent with every request, such as Authorization. ${secret:NAME} stands for a secret.",
  endpoints: "http, sse, websocket: several replicas of the one service, in place of url.",
  network:
    'http, sse, websocket: the addresses it may be at, "public" for all public ones, and whether in clear. Needs services:stdio:write; without it, what you register is held to public addresses over https.',
  balance: "How calls are spread over endpoints.",
  isolation: "Who shares a connection: everyone, the calls of one principal, or those of one session.",
  timeoutMs: "Ms a call may be silent; each sign of progress starts it again.",
  maxTimeMs: "Ms a call may take in all.",
  concurrency: "Calls open at once, per endpoint.",
  health: "How often it is asked whether it lives.",
  breaker:
    "When it gets no calls for a while: after so many failures in a row, or so many percent of at least so many calls in windowMs; for waitMs at first, at most maxWaitMs.",
  tools:
    "Which of its tools are offered, by patterns over its own names, under which names and descriptions, and what a call costs (tools.cost needs quotas:write).",
  audit:
    "Whether redacted copies of what its calls say are kept, and which members are never kept. Needs audit:write.",
  passthrough:
    "Methods of its own, beside MCP's, that clients of its era may call; granted like a tool named service__method.",
  cache: "public where everyone may keep what it says everyone may; else each principal keeps its own.",
  trust:
    "untrusted where its results may hold what strangers wrote: who received some needs an approval for changes to the gateway. trusted where absent; making one trusted needs govern.",
  prefix: "Whether its tools are listed as service__tool; true where absent.",
  pin: "Which definitions are approved by themselves: those of its first list (first_use), none (approve), or all (off).",
}

type Fields = typeof fields

function described(): Fields {
  const entries = Object.entries(fields).map(([name, schema]) => [
    name,
    schema.describe(sentences[name as keyof Fields]),
  ])
  return Object.fromEntries(entries) as Fields
}

/** Those of a file, but for its name. */
export const definitionFields: Fields = described()

/** What of a field's members may be said when it is changed; what comes of it is held to the schema of a file. */
const members = z.record(z.string().max(128), z.json())

type ChangeFields = { readonly [K in keyof Fields]: z.ZodOptional<z.ZodNullable<z.ZodType>> }

/** Each field or null, which takes it away. */
export const changeFields: ChangeFields = changeable()

function changeable(): ChangeFields {
  const entries = Object.entries(definitionFields).map(([name, field]) => {
    const schema = field.unwrap()
    const merged = schema instanceof z.ZodObject || schema instanceof z.ZodRecord
    const how = merged ? "Only the members given change; null takes one away." : "null takes it away."
    return [
      name,
      (merged ? members : schema)
        .nullable()
        .optional()
        .describe(`${field.description ?? ""} ${how}`),
    ]
  })
  return Object.fromEntries(entries) as ChangeFields
}

type Json = Readonly<Record<string, unknown>>

/** @see RFC 7396 */
export function mergeChange(before: unknown, change: Json): Json {
  const merged = new Map(isObject(before) ? Object.entries(before) : [])
  for (const [name, value] of Object.entries(change)) {
    if (value === null) merged.delete(name)
    else if (value !== undefined) merged.set(name, isObject(value) ? mergeChange(merged.get(name), value) : value)
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
