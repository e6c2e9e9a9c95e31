/** Who used what: sums for governing and for billing. The calls behind them: audit-query.ts. */

import * as z from "zod"
import { maxPageLength } from "../../domain/collection.ts"
import { grains, usageDimensions, type UsageDimension, type UsageRequest } from "../../domain/usage.ts"
import { GatewayError } from "../../errors.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { pageOutput } from "../page.ts"
import { formatTable, isoTime, more } from "../plain-text.ts"
import {
  readUsageCursor,
  sayRange,
  usageRangeInput,
  usageRangeOf,
  usageRangeOutput,
  writeUsageCursor,
} from "./usage-range.ts"
import { sumsOutput, toSums } from "./usage-row.ts"

const nameFilter = z.string().min(1).max(256).exactOptional()

const usageRow = z.object({
  group: z
    .partialRecord(z.enum(usageDimensions), z.string())
    .describe("The value of each dimension asked for; empty where the calls had none."),
  time: z.string().optional().describe("The start of the minute, hour or day, with per."),
  ...sumsOutput,
})

export const getUsage = defineOperation({
  name: "get_usage",
  title: "See what was used",
  summary:
    "Sums the calls of tools, prompts and resources of services over a time: calls, errors, bytes, time, cost; by any of principal, key, team, service, tool, tag, outcome, and per minute, hour or day. With usage:read it shows everybody's, else your own only. A call with two tags counts under both. For latencies and kinds of errors of one tool ask get_tool_usage, for limits list_quotas, for single calls audit_query.",
  group: "quotas",
  permission: "self:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/usage" },
  input: z.strictObject({
    by: z
      .array(z.enum(usageDimensions))
      .max(usageDimensions.length)
      .default(["service"])
      .describe("One row for each combination; none for one sum of all."),
    ...usageRangeInput,
    per: z.enum(grains).exactOptional().describe("One row for each of these, too; UTC."),
    principal: nameFilter.describe("Only of this principal, by name."),
    service: nameFilter,
    tool: z.string().min(1).max(8_192).exactOptional(),
    limit: z.int().min(1).max(maxPageLength).default(100).describe("Rows at most."),
    cursor: z
      .string()
      .max(16_384)
      .exactOptional()
      .describe("The nextCursor of the page before; it keeps that page's from and to."),
  }),
  output: z.object({ rows: z.array(usageRow), ...usageRangeOutput, ...pageOutput }),
  run: async (context, { by, from, to, per, limit, cursor, ...filter }) => {
    const only = ownOnly(context, filter)
    const asked = { from, ...(to !== undefined && { to }) }
    const { range, inner } =
      cursor === undefined ? { range: usageRangeOf(asked, context.nowMs) } : readUsageCursor(cursor)
    const request: UsageRequest = {
      by: [...new Set<UsageDimension>(by)],
      only,
      limit,
      ...range,
      ...(per !== undefined && { per }),
      ...(inner !== undefined && { cursor: inner }),
    }
    const { items, nextCursor } = await context.usage.sum(request)
    return {
      rows: items.map(({ group, timeMs, ...sums }) => ({
        group,
        time: timeMs === undefined ? undefined : isoTime(timeMs),
        ...toSums(sums),
      })),
      ...sayRange(range),
      nextCursor: nextCursor === undefined ? undefined : writeUsageCursor(range, nextCursor),
    }
  },
  say: ({ rows, from, to, nextCursor }) => {
    const range = `From ${from} to ${to}`
    if (rows.length === 0) return `${range} nothing was used.`
    const columns = columnsOf(rows)
    const cells = rows.map((row) => columns.map(([, read]) => read(row)))
    const head = columns.map(([name]) => name)
    return `${range}:\n${formatTable(head, cells)}${more(nextCursor)}`
  },
})

type Row = z.output<typeof usageRow>
type Column = readonly [string, (row: Row) => string | number | undefined]

function columnsOf([first]: readonly Row[]): readonly Column[] {
  const dimensions = usageDimensions.filter((dimension) => first?.group[dimension] !== undefined)
  return [
    ...(first?.time === undefined ? [] : [["TIME", ({ time }) => time] satisfies Column]),
    ...dimensions.map((one): Column => [one.toUpperCase(), ({ group }) => group[one]]),
    ["CALLS", ({ calls }) => calls],
    ["ERRORS", ({ errors }) => errors],
    ["BYTES_IN", ({ bytesIn }) => bytesIn],
    ["BYTES_OUT", ({ bytesOut }) => bytesOut],
    ["COMPUTE_MS", ({ computeMs }) => Math.round(computeMs)],
    ["USD", ({ costUsd }) => costUsd],
  ]
}

type Only = NonNullable<UsageRequest["only"]>

/** @throws GatewayError `forbidden` where somebody asks for another's without the permission */
function ownOnly({ actor: { principal, may } }: OperationContext, only: Only): Only {
  if (may.holds("usage:read")) return only
  if ((only.principal ?? principal.name) === principal.name) return { ...only, principal: principal.name }
  throw new GatewayError(
    "forbidden",
    `What others used needs the permission usage:read; leave principal out to see your own.`,
  )
}
