/**
 * Calls of the past, decided once more under other policies: what would have been denied or allowed that was not. The
 * record does not hold all that rules look at, so a decision may be open; it is known where whatever is missing could not
 * change it. Whose calls, and what is made of them: operations/policies/simulate-policy.ts.
 */

import type { EntryKind, KeptEntry } from "../audit/entry.ts"
import type { Catalog } from "../catalog.ts"
import type { ActivePrincipal } from "../principal.ts"
import { askOf } from "./access.ts"
import type { CompiledPolicies, CompiledRule } from "./compiled-policies.ts"
import { judgeArgument, type Judgement } from "./argument-condition.ts"
import type { AskedOfPolicy } from "./decide.ts"
import { keptArguments, isHidden, type KeptArguments } from "./kept-arguments.ts"
import { actionOf, thingOf } from "./recorded-thing.ts"

export type Worlds = {
  readonly before: CompiledPolicies
  readonly after: CompiledPolicies
  /** The policy that is only in the one, and that which is only in the other. */
  readonly dropped: CompiledPolicies
  readonly drafted: CompiledPolicies
  readonly catalog: Catalog
  readonly find: (principalId: string) => Pick<ActivePrincipal, "principal" | "may"> | undefined
}

type Missing = "arguments" | "source"

export type Replayed =
  | { readonly outcome: "denied" | "allowed"; readonly rule: string | undefined }
  | { readonly outcome: "same" | "gone" }
  | { readonly outcome: "open"; readonly missing: Missing }

const same: Replayed = { outcome: "same" }
const gone: Replayed = { outcome: "gone" }

/** @returns `gone` where the principal, or what it called, is there no longer */
export function replay(worlds: Worlds, kept: KeptEntry): Replayed {
  const { entry } = kept
  const who = worlds.find(entry.principalId ?? "")
  const thing = thingOf(worlds.catalog, entry)
  if (!who || !thing) return gone
  const circumstances = { nowMs: entry.timeMs, client: entry.client }
  const asked = askOf(worlds, who, { entry: thing, action: actionOf(entry), circumstances })
  if (!mayTurn(worlds, asked, entry.kind)) return same
  const past: Past = { asked, given: keptArguments(kept, asked.action) }
  const before = judgeAgain(worlds.before, past)
  const after = judgeAgain(worlds.after, past)
  if (typeof before.allowed === "string") return { outcome: "open", missing: before.allowed }
  if (typeof after.allowed === "string") return { outcome: "open", missing: after.allowed }
  if (before.allowed === after.allowed) return same
  return after.allowed ? { outcome: "allowed", rule: after.rule } : { outcome: "denied", rule: after.rule }
}

/** Whether the change can make of a call that was made one that is denied, and of a refused one one that is allowed. */
function mayTurn(
  { dropped, drafted }: Worlds,
  { principal, item, action }: AskedOfPolicy,
  kind: EntryKind,
): boolean {
  const was = dropped.rulesOf(principal, item).enforced
  const is = drafted.rulesOf(principal, item).enforced
  const turning = kind === "refusal" ? [...was.deny, ...is.allow] : [...was.allow, ...is.deny]
  return turning.some(({ actions }) => actions?.includes(action) ?? true)
}

type Past = { readonly asked: AskedOfPolicy; readonly given: KeptArguments }

/** What is missing, where it could decide. */
type Again = { readonly allowed: boolean | Missing; readonly rule?: string }

function judgeAgain(policies: CompiledPolicies, past: Past): Again {
  const { deny, allow } = policies.rulesOf(past.asked.principal, past.asked.item).enforced
  const denying = firstThat(deny, past, (judged) => judged !== false)
  if (denying?.judged === "sure") return { allowed: false, rule: denying.rule.name }
  const allowing = past.asked.isGranted ? "granted" : firstThat(allow, past, (judged) => judged === true)
  if (allowing === undefined) return { allowed: false }
  if (denying) return { allowed: denying.judged }
  if (allowing === "granted") return { allowed: true }
  return allowing.judged === "sure" ? { allowed: true, rule: allowing.rule.name } : { allowed: allowing.judged }
}

type Found = { readonly rule: CompiledRule; readonly judged: "sure" | Missing }

/** One that applies for sure, else one that may. */
function firstThat(
  rules: readonly CompiledRule[],
  past: Past,
  applies: (judged: Judgement) => boolean,
): Found | undefined {
  let possible: Found | undefined
  for (const rule of rules) {
    const { known, missing } = judgeKnown(rule, past)
    if (!applies(known)) continue
    if (missing === undefined) return { rule, judged: "sure" }
    possible ??= { rule, judged: missing }
  }
  return possible
}

type Known = { readonly known: Judgement; readonly missing: Missing | undefined }

/** What the conditions come to whose inputs are on record, and what else would have to be. */
function judgeKnown(
  { actions, circumstances, arguments: conditions }: CompiledRule,
  { asked, given }: Past,
): Known {
  const judged: Judgement[] = [actions?.includes(asked.action) ?? true]
  let missing: Missing | undefined
  for (const { part, judge } of circumstances) {
    if (part === "source") missing = "source"
    else judged.push(judge(asked.circumstances))
  }
  for (const condition of conditions) {
    if (isHidden(given, condition.pointer)) missing ??= "arguments"
    else judged.push(judgeArgument(condition, given.value, asked.principal))
  }
  if (judged.includes(false)) return { known: false, missing }
  return { known: judged.includes(undefined) ? undefined : true, missing }
}
