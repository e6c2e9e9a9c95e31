/** The audit log as text for other systems, page by page. */

import * as z from "zod"
import { exportFormats } from "../../domain/audit/log.ts"
import { rangeInput, rangeOf } from "../instant-input.ts"
import { defineOperation } from "../operation.ts"
import { pageOutput } from "../page.ts"

export const auditExport = defineOperation({
  name: "audit_export",
  title: "Export the audit log",
  summary:
    "Gives the audit log, or a range of it, as lines of text in the order written: jsonl holds keys, hashes and signed checkpoints, so that `mcp-meta verify --file` verifies it anywhere; cef and ocsf are for SIEM systems. A page holds about half a MiB: while complete is false, ask again with the nextCursor and the same format, and put the texts together. To look for something use audit_query; it is far less to read.",
  group: "audit",
  permission: "audit:export",
  effect: "read",
  risk: "medium",
  route: { method: "GET", path: "/audit/export" },
  input: z.strictObject({
    format: z.enum(exportFormats).default("jsonl"),
    ...rangeInput,
    cursor: z.string().max(1_024).exactOptional().describe("The nextCursor of the page before."),
  }),
  output: z.object({
    format: z.enum(exportFormats),
    text: z.string().describe("Whole lines, each ended by a line break."),
    complete: z.boolean().describe("Whether this is the last page."),
    ...pageOutput,
  }),
  run: async ({ audit, nowMs }, { format, cursor, ...range }) => {
    const request = { format, ...rangeOf(range, nowMs), ...(cursor !== undefined && { cursor }) }
    const { lines, nextCursor } = await audit.exportPage(request)
    return {
      format,
      text: lines.map((line) => `${line}\n`).join(""),
      complete: nextCursor === undefined,
      nextCursor,
    }
  },
  say: ({ format, text, complete }) => {
    const rest = complete ? "This is the last page." : "There is more; ask again with the nextCursor."
    return `${Buffer.byteLength(text)} bytes of ${format} are in the member text. ${rest}`
  },
  stream: {
    textMember: "text",
    contentType: ({ format }) => (format === "cef" ? "text/plain; charset=utf-8" : "application/x-ndjson"),
  },
})
