/** The fields of a service's definition that may be seen, once secrets are hidden in them. */

import * as z from "zod"
import { costSchema } from "../../domain/cost.ts"
import { pinModes } from "../../domain/pins/pin.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"

const texts = z.array(z.string())
const named = z.record(z.string(), z.string())

export const shownDefinition = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  tags: texts,
  enabled: z.boolean(),
  owner: z.string().optional(),
  region: z.string().optional(),
  type: z.enum(["stdio", "http", "sse", "websocket"]),
  command: z.string().optional(),
  args: texts.optional(),
  env: named.optional().describe("Values are hidden but for placeholders."),
  cwd: z.string().optional(),
  headers: named.optional().describe("Values are hidden but for placeholders."),
  endpoints: z.array(z.object({ url: z.string(), weight: z.number(), region: z.string().optional() })).optional(),
  network: z
    .object({ allow: texts, http: z.boolean() })
    .optional()
    .describe("Where it may be; absent, wherever its url says."),
  balance: z.enum(["round_robin", "weighted", "least_connections", "hash"]).optional(),
  isolation: z.enum(["shared", "principal", "session"]),
  timeoutMs: z.int(),
  maxTimeMs: z.int(),
  concurrency: z.int(),
  health: z.object({ intervalMs: z.int(), timeoutMs: z.int() }),
  breaker: z.object({
    failures: z.int(),
    failurePercent: z.int(),
    calls: z.int(),
    windowMs: z.int(),
    waitMs: z.int(),
    maxWaitMs: z.int(),
  }),
  tools: z.object({
    allow: texts,
    deny: texts,
    rename: named,
    describe: named,
    cost: z.record(z.string(), costSchema),
  }),
  audit: z.object({ payloads: z.enum(["digest", "redacted"]).optional(), redact: texts }),
  trust: z.enum(["trusted", "untrusted"]),
  prefix: z.boolean(),
  pin: z.enum(pinModes),
})

/** @param definition in which secrets are hidden */
export function toShownDefinition(definition: ServiceDefinition): z.input<typeof shownDefinition> {
  const { tools, tags, audit } = definition
  const facts = {
    ...definition,
    tags: [...tags],
    tools: { ...tools, allow: [...tools.allow], deny: [...tools.deny], cost: { ...tools.cost } },
    audit: { ...audit, redact: [...audit.redact] },
  }
  return facts.type === "stdio"
    ? { ...facts, args: [...facts.args] }
    : {
        ...facts,
        endpoints: [...facts.endpoints],
        network: facts.network && { ...facts.network, allow: [...facts.network.allow] },
      }
}
