/** Looking into the audit log. Whether it can be trusted: audit-verify.ts; taking it elsewhere: audit-export.ts. */

import * as z from "zod"
import { entryKinds, outcomes } from "../../domain/audit/entry.ts"
import { maxPageLength } from "../../domain/collection.ts"
import { entryRow, toEntryRow } from "./audit-row.ts"
import { rangeInput, rangeOf } from "../instant-input.ts"
import { defineOperation } from "../operation.ts"
import { pageOutput } from "../page.ts"
import { formatTable, more, plainLine } from "../plain-text.ts"

const nameFilter = z.string().min(1).max(256).exactOptional()

export const auditQuery = defineOperation({
  name: "audit_query",
  title: "Look into the audit log",
  summary:
    "Shows entries of the audit log, the newest first: who called what, what decided, how it ended, how long it took. All filters given must fit; without any it shows the latest. A call has a start and an end with one call_id; calls that were refused have kind refusal. Ask with call_id for the rest of a call, get_usage for sums, audit_verify for whether the log is whole.",
  group: "audit",
  permission: "audit:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/audit/entries" },
  input: z.strictObject({
    principal: nameFilter.describe("The name of who called."),
    service: nameFilter,
    tool: z.string().min(1).max(8_192).exactOptional().describe("The name of a tool or an operation."),
    outcome: z
      .enum(outcomes)
      .exactOptional()
      .describe("ok, or how it ended otherwise: denied calls are forbidden or not_found."),
    kind: z.enum(entryKinds).exactOptional(),
    call_id: nameFilter,
    ...rangeInput,
    limit: z.int().min(1).max(maxPageLength).default(50).describe("Entries at most."),
    cursor: z.string().max(1_024).exactOptional().describe("The nextCursor of the page before."),
  }),
  output: z.object({
    entries: z.array(entryRow).describe("May be few, or none, while there is a nextCursor."),
    ...pageOutput,
  }),
  run: async ({ audit, nowMs }, { from, to, limit, cursor, call_id: callId, ...filter }) => {
    const range = rangeOf({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, nowMs)
    const asked = { ...filter, ...range, ...(callId !== undefined && { callId }) }
    const { items, nextCursor } = await audit.page(asked, { limit, ...(cursor !== undefined && { cursor }) })
    return { entries: items.map(toEntryRow), nextCursor }
  },
  say: ({ entries, nextCursor }) => {
    if (entries.length === 0)
      return nextCursor === undefined ? "No entries." : `Nothing found yet.${more(nextCursor)}`
    return formatTable(heads, entries.map(cellsOf)) + more(nextCursor)
  },
})

const heads = ["TIME", "KIND", "WHO", "WHAT", "OUTCOME", "MS", "TIMES", "RULE", "DETAIL", "CALL"]

function cellsOf(entry: z.output<typeof entryRow>): readonly (string | number | undefined)[] {
  const { time, kind, principal, principalId, source, service, target, outcome, durationMs } = entry
  const detail = Object.entries(entry.detail ?? {}).map(([name, value]) => `${name}=${String(value)}`)
  return [
    time,
    kind,
    principal ?? principalId ?? source,
    target ?? service,
    outcome,
    durationMs === undefined ? undefined : Math.round(durationMs),
    entry.count,
    entry.rule,
    detail.length === 0 ? undefined : plainLine(detail.join(" "), 60),
    entry.callId,
  ]
}
