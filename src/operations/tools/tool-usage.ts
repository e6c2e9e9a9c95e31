/** How one tool does: how often, how fast, and how it fails. */

import * as z from "zod"
import { defineOperation } from "../operation.ts"
import { formatTable } from "../plain-text.ts"
import { sayRange, usageRangeInput, usageRangeOf, usageRangeOutput } from "../quotas/usage-range.ts"
import { sumsOutput, toSums } from "../quotas/usage-row.ts"

const latency = z.number().optional().describe("Within five percent, over whole hours; absent without calls.")

export const getToolUsage = defineOperation({
  name: "get_tool_usage",
  title: "See how a tool does",
  summary:
    "Shows for one tool over a time how often it was called, how its calls ended, the median and the slowest percents of its latency, bytes and cost. Use it to find out whether a tool is slow or failing, and how; for its single calls ask audit_query with the tool, for its service diagnose_service.",
  group: "quotas",
  permission: "usage:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/usage/tools/{tool}" },
  input: z.strictObject({
    tool: z
      .string()
      .min(1)
      .max(8_192)
      .describe("Its name with the service in front, as get_service_tools shows it."),
    ...usageRangeInput,
  }),
  output: z.object({
    tool: z.string(),
    ...usageRangeOutput,
    ...sumsOutput,
    p50Ms: latency,
    p95Ms: latency,
    p99Ms: latency,
    outcomes: z
      .record(z.string(), z.int())
      .describe("How many calls ended how: ok, tool_error, or a code of an error."),
  }),
  run: async ({ usage, nowMs }, { tool, ...asked }) => {
    const range = usageRangeOf(asked, nowMs)
    const found = await usage.ofTool(tool, range)
    const { p50Ms, p95Ms, p99Ms, outcomes } = found
    return { tool, ...sayRange(range), ...toSums(found), p50Ms, p95Ms, p99Ms, outcomes }
  },
  say: ({ tool, from, to, calls, p50Ms, p95Ms, p99Ms, outcomes }) => {
    if (calls === 0) return `${tool} was not called from ${from} to ${to}.`
    const latencies = [p50Ms, p95Ms, p99Ms].map((ms) => (ms === undefined ? "-" : ms.toPrecision(3))).join(", ")
    const rows = Object.entries(outcomes).sort(([, a], [, b]) => b - a)
    return `${tool}: ${calls} calls from ${from} to ${to}; p50, p95, p99 in ms: ${latencies}.\n${formatTable(["OUTCOME", "CALLS"], rows)}`
  },
})
