/**
 * A policy tried on the calls of the past: what it would have denied, and allowed, that was not. The audit log is read
 * page by page, and what is kept of it is bounded. How one call is decided again: domain/policy/replay.ts.
 */

import * as z from "zod"
import type { EntryKind, KeptEntry } from "../../domain/audit/entry.ts"
import type { TimeRange } from "../../domain/audit/log.ts"
import { compileGrants } from "../../domain/permission.ts"
import { compilePolicies } from "../../domain/policy/compiled-policies.ts"
import { policySchema, type Policy } from "../../domain/policy/policy.ts"
import { replay, type Worlds } from "../../domain/policy/replay.ts"
import { GatewayError } from "../../errors.ts"
import { rangeInput, rangeOf } from "../instant-input.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { isoTime } from "../plain-text.ts"
import { Tally, flipsRow, type Flips } from "./simulation-tally.ts"
import { inTurn } from "../changes/turn.ts"

/** Of the log, for one question. */
const maxEntries = 1_000_000
const pageLength = 1_000

export const simulatePolicy = defineOperation({
  name: "simulate_policy",
  title: "Try a policy on past calls",
  summary:
    "Replays the calls of the audit log against a draft of a policy as if it were enforced, beside the other policies and with the grants of now, and tells which it would newly deny or allow, by principal and tool. It changes nothing; use it before set_policy. What the log does not hold (arguments of which only a digest was kept, addresses) leaves calls undecided, and it says how many.",
  group: "policies",
  permission: "audit:read",
  effect: "execute",
  risk: "low",
  route: { method: "POST", path: "/policies/simulate" },
  input: z.strictObject({
    draft: policySchema.describe("Without rules: as if the policy with its id were gone."),
    ...rangeInput,
  }),
  output: z.object({
    calls: z.int().describe("That were made, and looked at."),
    refusals: z.int().describe("Calls that were refused then, and looked at."),
    newlyDenied: flipsRow,
    newlyAllowed: flipsRow,
    undecided: z
      .object({
        arguments: z.int().describe("For want of arguments that the log kept."),
        source: z.int().describe("For want of the address, which the log does not keep of calls."),
        folded: z.int().describe("Refusals of a flood, of which the log names the first only."),
      })
      .describe("Calls that the draft speaks of, but the log tells too little about."),
    gone: z.int().describe("Calls by or of what is there no longer: not looked at."),
    complete: z.boolean(),
    from: z
      .string()
      .optional()
      .describe("The oldest entry that was looked at, where not all were: ask on with it as to."),
    notes: z.array(z.string()),
  }),
  run: (context, { draft, from, to }) => {
    const { actor, audit, nowMs } = context
    if (!actor.may.holds("policies:read"))
      throw new GatewayError("forbidden", "To simulate a policy you need policies:read beside audit:read.")
    const range = rangeOf({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, nowMs)
    // One at a time: each reads much.
    return inTurn(audit, async () => {
      const worlds = await worldsOf(context, draft)
      const simulation = new Simulation(worlds)
      const isWhole = await readAll(context, range, simulation)
      return { ...simulation.report(), complete: isWhole }
    })
  },
  say: ({ calls, refusals, newlyDenied, newlyAllowed, undecided, complete, notes }) =>
    [
      `Of ${calls} calls ${newlyDenied.calls} would be denied${sayFlips(newlyDenied)}; of ${refusals} refused ones ${newlyAllowed.calls} allowed${sayFlips(newlyAllowed)}; ${undecided.arguments + undecided.source + undecided.folded} undecided.`,
      ...(complete ? [] : ["Not all were looked at."]),
      ...notes,
    ].join("\n"),
})

function sayFlips({ groups }: Flips): string {
  const said = groups.slice(0, 10).map(({ principal, tool, calls }) => `${principal} ${tool} ${calls}`)
  return said.length === 0 ? "" : ` (${said.join(", ")}${groups.length > 10 ? ", ..." : ""})`
}

async function worldsOf(context: OperationContext, draft: z.output<typeof policySchema>): Promise<Worlds> {
  const { access, nowMs, actor } = context
  const members = (await listAll(context.principals)).map(
    (principal) => [principal.id, { principal, may: compileGrants(principal.grants, nowMs) }] as const,
  )
  const byId = new Map(members)
  const old = access.policies.all.filter(({ id }) => id === draft.id)
  const others = access.policies.all.filter(({ id }) => id !== draft.id)
  const kept = { createdAtMs: nowMs, createdBy: actor.principal.id, changedAtMs: nowMs, version: 1 }
  const drafted: Policy = { ...draft, ...kept, mode: "enforce" }
  return {
    before: access.policies,
    after: compilePolicies([...others, drafted]),
    dropped: compilePolicies(old.filter(({ mode }) => mode === "enforce")),
    drafted: compilePolicies([drafted]),
    catalog: access.catalog,
    find: (id) => byId.get(id),
  }
}

/** @returns false where there was more than is looked at */
async function readAll(context: OperationContext, range: TimeRange, simulation: Simulation): Promise<boolean> {
  for (const kind of ["start", "refusal"] as const) {
    if (!(await readKind(context, { ...range, kind }, simulation))) return false
  }
  return true
}

async function readKind(
  { audit, signal }: OperationContext,
  filter: TimeRange & { readonly kind: EntryKind },
  simulation: Simulation,
): Promise<boolean> {
  let cursor: string | undefined
  do {
    signal.throwIfAborted()
    const page = await audit.page(filter, { limit: pageLength, ...(cursor !== undefined && { cursor }) })
    for (const kept of page.items) simulation.take(kept)
    cursor = page.nextCursor
  } while (cursor !== undefined && simulation.taken < maxEntries)
  return cursor === undefined
}

class Simulation {
  readonly #worlds: Worlds
  readonly #denied = new Tally()
  readonly #allowed = new Tally()
  #counts = { calls: 0, refusals: 0, gone: 0 }
  readonly #missing = { arguments: 0, source: 0, folded: 0 }
  #oldestMs: number | undefined
  taken = 0

  constructor(worlds: Worlds) {
    this.#worlds = worlds
  }

  take(kept: KeptEntry): void {
    const { entry } = kept
    this.taken += 1
    this.#oldestMs = entry.timeMs
    if (!isOfService(kept)) return
    const count = entry.count ?? 1
    this.#counts[entry.kind === "start" ? "calls" : "refusals"] += count
    if (count > 1) this.#missing.folded += count - 1
    const replayed = replay(this.#worlds, kept)
    if (replayed.outcome === "gone") this.#counts.gone += 1
    else if (replayed.outcome === "open") this.#missing[replayed.missing] += 1
    else if (replayed.outcome === "denied" && entry.kind === "start") this.#denied.add(entry, replayed.rule)
    else if (replayed.outcome === "allowed" && entry.kind === "refusal") this.#allowed.add(entry, replayed.rule)
  }

  report() {
    const undecided = this.#missing
    return {
      ...this.#counts,
      newlyDenied: this.#denied.report(),
      newlyAllowed: this.#allowed.report(),
      undecided,
      ...(this.taken >= maxEntries && this.#oldestMs !== undefined && { from: isoTime(this.#oldestMs) }),
      notes: [
        ...(undecided.arguments > 0 ? [ofArguments] : []),
        ...(undecided.source > 0 ? [ofSource] : []),
        ...(this.#counts.gone > 0 ? [ofGone] : []),
      ],
    }
  }
}

/** Whether it is a call of a service's, made or refused for who made it. */
function isOfService({ entry }: KeptEntry): boolean {
  if (entry.targetKind === "operation") return false
  if (entry.kind === "start") return true
  const { rule = "" } = entry
  return rule === "unknown" || rule.startsWith("grant:") || rule.startsWith("policy:")
}

const ofArguments =
  "Arguments are kept, without their secrets, where audit.payloads is redacted, as a setting or in a service's file; else only a digest is. Of refused calls none are kept."
const ofSource = "The log does not hold the addresses of calls; conditions on source cannot be replayed."
const ofGone = "Some principals or tools of the time are there no longer."
