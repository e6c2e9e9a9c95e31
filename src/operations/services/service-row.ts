/** A service in one row: how it is and how it has been doing. */

import * as z from "zod"
import type { ServiceStatus } from "../../domain/fleet.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import { formatTable, isoTime } from "../plain-text.ts"

export const serviceStates = ["disabled", "starting", "up", "degraded", "down"] as const

export const serviceRow = z.object({
  name: z.string(),
  title: z.string().optional(),
  state: z.enum(serviceStates).describe("degraded: some endpoints do not answer; down: none does."),
  era: z
    .enum(["legacy", "modern"])
    .optional()
    .describe("Of the MCP revision it speaks; absent until it has answered."),
  revision: z.string().optional().describe("Of MCP."),
  transport: z.enum(["stdio", "http", "sse", "websocket"]),
  endpoints: z.array(
    z.object({
      address: z.string(),
      healthy: z.boolean(),
      breaker: z
        .enum(["closed", "open", "half_open"])
        .describe(
          "open: it failed too often and gets no calls for a while; half_open: the next one tries it. Of several processes, the worst.",
        ),
      openWorkers: z
        .int()
        .optional()
        .describe("How many of the gateway's workers leave it alone, where any does."),
      inFlight: z.int().describe("Calls it is at work on."),
      waiting: z.int().describe("Calls that wait for their turn."),
    }),
  ),
  tags: z.array(z.string()),
  tools: z.int().describe("How many it offers."),
  prompts: z.int(),
  resources: z.int(),
  calls: z.int().describe("Since it was started."),
  errors: z.int().describe("Calls among them that failed; a tool's own error is none."),
  p50Ms: z.number().optional().describe("Half of the last calls took no longer."),
  p99Ms: z.number().optional(),
  lastError: z.object({ message: z.string(), at: z.string() }).optional(),
  listedAt: z.string().optional().describe("When it was last asked what it offers."),
  stale: z.boolean().describe("What is listed of it was heard earlier; it could not be asked since."),
})

export type ServiceRow = z.output<typeof serviceRow>

export function toServiceRow(
  status: ServiceStatus,
  { tags }: Pick<ServiceDefinition, "tags">,
): z.input<typeof serviceRow> {
  const { lastError, listedAtMs, endpoints, ...facts } = status
  return {
    ...facts,
    endpoints: [...endpoints],
    tags: [...tags],
    lastError: lastError && { message: lastError.message, at: isoTime(lastError.atMs) },
    listedAt: listedAtMs === undefined ? undefined : isoTime(listedAtMs),
  }
}

const header = ["NAME", "STATE", "ERA", "TRANSPORT", "TOOLS", "CALLS", "ERRORS", "P50", "P99", "LAST ERROR"]

export function sayServices(rows: readonly ServiceRow[]): string {
  if (rows.length === 0) return "No services."
  return formatTable(
    header,
    rows.map(({ name, state, era, transport, tools, calls, errors, p50Ms, p99Ms, lastError }) => {
      return [name, state, era, transport, tools, calls, errors, inMs(p50Ms), inMs(p99Ms), lastError?.message]
    }),
  )
}

function inMs(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${Math.round(ms)} ms`
}
