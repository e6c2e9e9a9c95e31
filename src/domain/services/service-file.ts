/**
 * What one service's JSON file may say, field by field, and what an entry pasted from an MCP client becomes before
 * it is read that way. What the fields come to together: service.ts.
 */

import * as z from "zod"
import { isOfSpecification } from "../../mcp/message.ts"
import { breakerFields } from "./breaker-rules.ts"
import { costSchema } from "../cost.ts"
import { networkField } from "./network-rules.ts"
import { pinModes } from "../pins/pin.ts"
import { holdsAskedPlaceholder, holdsForeignPlaceholder, holdsPlaceholder } from "../secrets/placeholder.ts"

/** No `__` inside and no `_` at the end: `service__tool` must part in one place only. */
const namePattern = /^(?!.*__)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,46}[A-Za-z0-9-])?$/
const nameRule = 'use 1 to 48 letters, digits, "-" and single "_", a letter or digit first and no "_" last'

export const serviceName = z.string().regex(namePattern, nameRule)

const text = (max: number): z.ZodString => z.string().max(max)
const label = text(200)

/** What reaches a program or a header: control characters would end a line or an argument there. */
const argument = text(32_768)
  .refine((value) => !value.includes("\0"), "may not hold a NUL character")
  .refine(
    (value) => !holdsAskedPlaceholder(value),
    "${input:...} is filled in by VS Code only; use ${env:NAME} or ${secret:NAME}",
  )
const filledIn = argument.refine(
  (value) => !holdsForeignPlaceholder(value),
  "holds a ${...} that only a client fills in; use ${env:NAME} or ${secret:NAME}",
)
const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'use letters, digits and "_" for the name of a variable')

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~A-Za-z0-9-]{1,128}$/, "is no name of an HTTP header")
  .refine((name) => !ownHeaders.has(name.toLowerCase()), "is a header that the gateway writes itself; remove it")
const headerValue = filledIn.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "may hold printable characters only")
const ownHeaders = new Set(
  (
    "accept connection content-length content-type expect host keep-alive last-event-id mcp-method mcp-name" +
    " mcp-protocol-version mcp-session-id proxy-connection te trailer transfer-encoding upgrade"
  ).split(" "),
)

const url = filledIn.refine(isServiceUrl, "use http(s)://, ws(s):// or unix:///path/to.sock:/path")

function isServiceUrl(value: string): boolean {
  if (holdsPlaceholder(value)) return /^(?:https?:|wss?:|unix:|\$\{)/i.test(value)
  if (value.startsWith("unix:")) return /^unix:\/\/\/[^:]+(?::\/.*)?$/.test(value)
  return /^(?:https?|wss?):\/\//i.test(value) && URL.canParse(value)
}

const pattern = text(128).regex(/^[^?[\]{}!\\]+$/, 'in a pattern only "*" stands for others; write names and "*"')
const toolName = text(128).min(1)
const shownToolName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'use 1 to 64 letters, digits, "_" and "-"')

const tools = z.strictObject({
  allow: z.array(pattern).max(1_000).optional(),
  deny: z.array(pattern).max(1_000).optional(),
  rename: z.record(toolName, shownToolName).optional(),
  describe: z.record(toolName, text(4_096)).optional(),
  cost: z.record(pattern, costSchema).optional(),
})

const audit = z.strictObject({
  payloads: z.enum(["digest", "redacted"]).optional(),
  redact: z.array(label.min(1)).max(200).optional(),
})

/** A method of a service's own: no pattern may take in one of the specification, of today or of tomorrow. */
const method = z
  .string()
  .regex(
    /^[A-Za-z0-9_$][A-Za-z0-9_$.-]*\/[A-Za-z0-9_$.*/-]{1,120}$/,
    'write "vendor/method"; after the "/" "*" stands for others',
  )
  .refine(
    (name) => !isOfSpecification(name),
    "belongs to MCP itself, which the gateway speaks; name only methods of the service's own",
  )

const ms = z.int().min(100).max(86_400_000)

/** One service as its file describes it. */
export const serviceFile = z.strictObject({
  name: serviceName.optional(),
  title: label.optional(),
  description: text(4_096).optional(),
  tags: z.array(text(64).min(1)).max(32).optional(),
  enabled: z.boolean().optional(),
  owner: label.optional(),
  region: label.optional(),
  type: z.enum(["stdio", "http", "sse", "websocket"]).optional(),
  command: argument.min(1).optional(),
  args: z.array(argument).max(1_000).optional(),
  env: z.record(envName, filledIn).optional(),
  cwd: filledIn.min(1).optional(),
  url: url.optional(),
  headers: z.record(headerName, headerValue).optional(),
  network: networkField.optional(),
  endpoints: z
    .array(z.strictObject({ url, weight: z.number().min(0).max(1_000_000).optional(), region: label.optional() }))
    .min(1)
    .max(256)
    .optional(),
  balance: z.enum(["round_robin", "weighted", "least_connections", "hash"]).optional(),
  isolation: z.enum(["shared", "principal", "session"]).optional(),
  timeoutMs: ms.optional(),
  maxTimeMs: ms.optional(),
  concurrency: z.int().min(1).max(10_000).optional(),
  health: z.strictObject({ intervalMs: ms.optional(), timeoutMs: ms.optional() }).optional(),
  breaker: breakerFields.optional(),
  tools: tools.optional(),
  audit: audit.optional(),
  passthrough: z.array(method).max(100).optional(),
  cache: z.enum(["private", "public"]).optional(),
  trust: z.enum(["trusted", "untrusted"]).optional(),
  prefix: z.boolean().optional(),
  pin: z.enum(pinModes).optional(),
})

export type ServiceFile = z.output<typeof serviceFile>

/** What clients keep beside a service for themselves. */
const clientsOwn = new Set(
  "$schema alwaysAllow autoApprove dev disabled gallery icon timeout transport version".split(" "),
)

const typeSynonyms: Readonly<Record<string, string>> = {
  "streamable-http": "http",
  streamablehttp: "http",
  streamable_http: "http",
  http: "http",
  sse: "sse",
  ws: "websocket",
  websocket: "websocket",
  stdio: "stdio",
}

/** An entry of a client's `mcpServers` in our own words: `disabled`, `transport`, synonyms of types, numbers in `env`. */
export function fromClientEntry(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(entry).filter(([key]) => !clientsOwn.has(key)))
  const type = entry["type"] ?? entry["transport"]
  if (type !== undefined)
    kept["type"] = typeof type === "string" ? (typeSynonyms[type.toLowerCase()] ?? type) : type
  if (entry["enabled"] === undefined && typeof entry["disabled"] === "boolean")
    kept["enabled"] = !entry["disabled"]
  if (isRecord(entry["env"])) {
    kept["env"] = Object.fromEntries(
      Object.entries(entry["env"]).map(([name, value]) => [name, numberAsText(value)]),
    )
  }
  return kept
}

function numberAsText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
