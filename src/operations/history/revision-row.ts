/** A revision as operations show it: what of it the reader may see, and how much of it that is not. */

import * as z from "zod"
import type { Revision, ShownRecord } from "../../domain/changes/history.ts"
import type { Permission } from "../../domain/permission.ts"
import type { OperationContext } from "../operation.ts"
import { isoTime, plainLine } from "../plain-text.ts"

export const recordRow = z.object({
  subject: z.string(),
  name: z.string(),
  effect: z.enum(["create", "update", "remove", "do"]),
  diff: z
    .array(z.string())
    .describe('Lines: "- path: value" as it was, "+ path: value" as it became; secrets as ***.'),
})

export const withheldOutput = z.int().describe("Changes of kinds that you may not read, which are left out.")

export const revisionRow = z.object({
  number: z.int(),
  at: z.string(),
  who: z.string().describe('The name of a principal; or "file": edited by hand; or "start": found at a start.'),
  operation: z.string().optional(),
  plan: z.string().optional().describe("The id of the plan that was applied."),
  why: z.string().optional(),
  outcome: z
    .enum(["applied", "partly", "failed", "open"])
    .describe("failed: nothing of it took effect; partly: those of its changes that are listed did."),
  changes: z.array(recordRow),
  withheld: withheldOutput,
  digest: z.string().describe("SHA-256 of this revision and, through it, of all before it."),
})

export type RevisionRow = z.output<typeof revisionRow>

/** What reading the state itself takes; a kind that is not named takes all. */
const neededFor: Readonly<Record<string, Permission>> = {
  service: "services:read",
  pins: "services:read",
  quota: "quotas:read",
  policy: "policies:read",
  principal: "principals:read",
  key: "principals:read",
  deed: "audit:read",
}

export function maySee({ actor }: Pick<OperationContext, "actor">, subject: string): boolean {
  return actor.may.holds(neededFor[subject] ?? "govern")
}

export function toRevisionRow(context: OperationContext, revision: Revision): RevisionRow {
  const { number, atMs, who, operation, plan, why, outcome, done, changes, digest } = revision
  const relevant = outcome === "partly" ? changes.filter((_change, at) => done.includes(at)) : changes
  const seen = relevant.filter(({ subject }) => maySee(context, subject))
  return {
    number,
    at: isoTime(atMs),
    who: who.kind === "principal" ? who.name : who.kind,
    ...(operation !== undefined && { operation }),
    ...(plan !== undefined && { plan }),
    ...(why !== undefined && { why }),
    outcome,
    changes: seen.map(toRecordRow),
    withheld: relevant.length - seen.length,
    digest,
  }
}

export function toRecordRow({ subject, name, effect, diff }: Omit<ShownRecord, "id">): z.output<typeof recordRow> {
  return { subject, name, effect, diff: [...diff] }
}

const maxLineLength = 200

export function sayRecords(records: readonly z.output<typeof recordRow>[], withheld: number): readonly string[] {
  return [
    ...records.flatMap(({ subject, name, effect, diff }) => [
      `${effect} ${subject} ${plainLine(name, maxLineLength)}`,
      ...diff.map((line) => `  ${plainLine(line, maxLineLength)}`),
    ]),
    ...(withheld > 0 ? [`(${withheld} changes of kinds that you may not read are left out.)`] : []),
  ]
}
