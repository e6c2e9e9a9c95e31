/** What became of the configuration: revision by revision, and between two of them. Taking one back: rollback.ts. */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { compareStates } from "./compare-states.ts"
import { rangeInput, rangeOf } from "../instant-input.ts"
import { defineOperation } from "../operation.ts"
import { more, plainLine } from "../plain-text.ts"
import {
  recordRow,
  revisionRow,
  sayRecords,
  toRevisionRow,
  withheldOutput,
  type RevisionRow,
} from "./revision-row.ts"

export const configHistory = defineOperation({
  name: "config_history",
  title: "See what was changed",
  summary:
    "Lists the revisions of the configuration, the newest first: each change of services, principals, keys and quotas, with who made it, when, by which operation and plan, and what was different after it. Files of services that were edited by hand are revisions too. Compare two with config_diff, take one back with rollback.",
  group: "history",
  permission: "history:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/history" },
  input: z.strictObject({
    service: z.string().min(1).max(64).optional().describe("Only those that changed this service."),
    principal: z.string().min(1).max(64).optional().describe("Only those made by this principal, by name."),
    ...rangeInput,
    cursor: z
      .string()
      .max(64)
      .optional()
      .describe("The nextCursor of the page before; absent for the first page."),
    limit: z.int().min(1).max(200).default(20).describe("Revisions on the page."),
  }),
  output: z.object({
    revisions: z.array(revisionRow),
    head: z.int().describe("The number of the newest revision."),
    oldest: z.int().describe("The number of the oldest that is kept."),
    nextCursor: z
      .string()
      .optional()
      .describe("Ask again with it as cursor; a page may be short, or empty, and not be the last."),
  }),
  run: async (context, { service, principal, cursor, limit, ...range }) => {
    const { history, nowMs } = context
    const below = cursor === undefined ? history.head() + 1 : readCursor(cursor)
    const filter = { service, principal, ...rangeOf(range, nowMs) }
    const page = await history.page(filter, { below, limit })
    return {
      revisions: page.revisions.map((revision) => toRevisionRow(context, revision)),
      head: history.head(),
      oldest: history.oldest(),
      ...(page.below !== undefined && { nextCursor: writeCursor(page.below) }),
    }
  },
  say: ({ revisions, head, nextCursor }) => {
    if (revisions.length === 0 && nextCursor === undefined) return `No such revisions; the newest is ${head}.`
    return revisions.map(sayRevision).join("\n") + more(nextCursor)
  },
})

function sayRevision({ number, at, who, operation, plan, why, outcome, changes, withheld }: RevisionRow): string {
  const by = [operation ?? "by hand", plan && `plan ${plan}`, outcome === "applied" ? "" : outcome].filter(Boolean)
  const reason = why === undefined ? "" : `: ${plainLine(why, 500)}`
  return [
    `${number}  ${at}  ${who}  ${by.join(", ")}${reason}`,
    ...sayRecords(changes, withheld).map((line) => `  ${line}`),
  ].join("\n")
}

const mark = "below "

function writeCursor(below: number): string {
  return Buffer.from(mark + below).toString("base64url")
}

function readCursor(cursor: string): number {
  const [, below] = /^below (\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? []
  if (below !== undefined) return Number(below)
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
}

export const configDiff = defineOperation({
  name: "config_diff",
  title: "Compare two revisions",
  summary:
    "Shows what is different after one revision from what it was after another: services and state, as lines and as a unified diff, with secrets hidden. Revision 0, or the one before the oldest that is kept, stands for the beginning. See config_history for the numbers.",
  group: "history",
  permission: "history:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/history/diff" },
  input: z.strictObject({
    from: z.int().min(0).describe("The number of a revision: as it was when that was applied."),
    to: z.int().min(0).optional().describe("Likewise; absent for the newest."),
  }),
  output: z.object({
    from: z.int(),
    to: z.int(),
    changes: z.array(recordRow),
    withheld: withheldOutput,
    diff: z.string().describe("Unified, one file for each service or value; secrets as ***."),
  }),
  run: async (context, { from, to = context.history.head() }) => {
    if (from > to) throw new GatewayError("invalid", `from (${from}) is later than to (${to}); exchange them.`)
    return { from, to, ...compareStates(context, await context.history.between(from, to)) }
  },
  say: ({ from, to, changes, withheld, diff }) => {
    if (changes.length + withheld === 0) return `Nothing is different after revision ${to} from after ${from}.`
    return [...sayRecords([], withheld), diff].join("\n")
  },
})
