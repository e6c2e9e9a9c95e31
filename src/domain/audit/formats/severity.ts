/** How much an entry matters to someone who watches many systems. The scales of others: cef.ts, ocsf.ts. */

import type { Entry } from "../entry.ts"

export type Severity = "informational" | "low" | "medium" | "high"

const refused = new Set(["unauthenticated", "forbidden", "blocked"])
const failed = new Set(["internal", "audit_unavailable", "unknown_after_crash"])
const fine = new Set(["ok", "input_required", "cancelled"])

export function severityOf({ kind, outcome }: Entry): Severity {
  if (kind === "gap") return "high"
  if (outcome === undefined || fine.has(outcome)) return kind === "erasure" ? "low" : "informational"
  if (failed.has(outcome)) return "high"
  return refused.has(outcome) ? "medium" : "low"
}

const titles: Readonly<Record<Entry["kind"], string>> = {
  start: "Call begun",
  end: "Call ended",
  refusal: "Call refused",
  list: "List shown",
  session: "Session opened",
  subscription: "Subscription opened",
  service: "Service changed",
  opening: "Audit stream opened",
  closing: "Audit stream closed",
  gap: "Audit gap",
  rotation: "Audit key rotated",
  retention: "Audit entries dropped by retention",
  erasure: "Audit payload copies erased",
}

/** What happened, in a few words for people. */
export function titleOf({ kind }: Entry): string {
  return titles[kind]
}
