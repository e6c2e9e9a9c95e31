/** Where the audit log stands: what to keep elsewhere, so that nobody can take back what is on record. */

import * as z from "zod"
import { defineOperation } from "../operation.ts"
import { isoTime } from "../plain-text.ts"

export const auditHead = defineOperation({
  name: "audit_head",
  title: "See the head of the audit log",
  summary:
    "Shows the last entry of the audit log, the last signed checkpoint, and whether entries can be recorded now; while they cannot, calls are refused. Keep checkpoint notes somewhere else: a log that was cut or rewritten later does not fit them. To verify the log use audit_verify.",
  group: "audit",
  permission: "audit:head",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/audit/head" },
  resource: { uri: "gateway://audit/head", events: ["audit"] },
  input: z.strictObject({}),
  output: z.object({
    stream: z.string().describe("One per start of the gateway."),
    seq: z.int().describe("How many entries it has."),
    hash: z.string().describe("Of the last of them, base64url."),
    checkpoint: z
      .object({
        size: z.int().describe("How many entries it covers."),
        time: z.string().describe("ISO 8601, UTC."),
        note: z.string().describe("Signed; the form of C2SP tlog-checkpoint."),
      })
      .optional(),
    available: z.boolean().describe("Whether entries can be recorded."),
    trouble: z.string().optional().describe("Why not."),
    sinkTroubles: z
      .array(z.object({ sink: z.string(), message: z.string() }))
      .default([])
      .describe("Sinks that take no entries now, or missed some; the log keeps the entries for them."),
  }),
  run: async ({ audit }) => {
    const { stream, seq, hash, checkpoint, trouble, sinkTroubles = [] } = audit.head()
    const signed = checkpoint && {
      size: checkpoint.size,
      time: isoTime(checkpoint.timeMs),
      note: checkpoint.note,
    }
    const available = trouble === undefined
    return { stream, seq, hash, checkpoint: signed, available, trouble, sinkTroubles: [...sinkTroubles] }
  },
  say: ({ stream, seq, checkpoint, trouble, sinkTroubles }) => {
    const signed = checkpoint
      ? `the last checkpoint covers ${checkpoint.size}, at ${checkpoint.time}`
      : "no checkpoint yet"
    const state = trouble === undefined ? "" : `\nNothing can be recorded now, so calls are refused: ${trouble}`
    const sinks = sinkTroubles.map(({ sink, message }) => `\nThe ${sink} sink has trouble: ${message}`)
    return `Stream ${stream} has ${seq} entries; ${signed}.${state}${sinks.join("")}`
  },
})
