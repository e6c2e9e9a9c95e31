/** Something to look at, as operations show it. */

import * as z from "zod"
import type { Issue } from "../domain/fleet.ts"
import { isoTime } from "./plain-text.ts"

export const issueOutput = z.object({
  service: z.string(),
  subject: z.string().optional().describe("What it concerns: a tool, an endpoint, the file."),
  message: z.string(),
  since: z.string().describe("ISO 8601, UTC."),
})

export function toIssue({ service, subject, message, sinceMs }: Issue): z.input<typeof issueOutput> {
  return { service, subject, message, since: isoTime(sinceMs) }
}
