/** Something to look at, as operations show it. */

import * as z from "zod"
import type { Issue } from "../../domain/fleet.ts"
import { isoTime } from "../plain-text.ts"

export const issueOutput = z.object({
  service: z.string().describe("gateway: where it is the gateway's own."),
  subject: z.string().optional().describe("What it concerns: a tool, an endpoint, the file."),
  message: z.string(),
  since: z.string().describe("ISO 8601, UTC."),
  next: z
    .object({ operation: z.string(), arguments: z.record(z.string(), z.unknown()) })
    .optional()
    .describe("The operation that sees to it."),
})

export function toIssue({ service, subject, message, sinceMs, next }: Issue): z.input<typeof issueOutput> {
  const since = isoTime(sinceMs)
  return { service, subject, message, since, ...(next && { next: { ...next, arguments: { ...next.arguments } } }) }
}
