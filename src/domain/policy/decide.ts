/**
 * What grants and policies come to: a rule that denies wins; then what the grants allow is allowed, or what a rule
 * allows; all else is denied. A rule that denies applies unless one of its conditions is known not to hold, one that
 * allows only where all are known to hold. Arguments are read only when a rule asks for them.
 */

import type { StrictJson } from "../../mcp/strict-json.ts"
import type { Principal } from "../principal.ts"
import { judgeArgument, type Judgement } from "./argument-condition.ts"
import type { Circumstances } from "./circumstances.ts"
import type { CompiledPolicies, CompiledRule, PolicyItem, RuleSet } from "./compiled-policies.ts"
import type { PolicyAction } from "./policy.ts"
import { isReachable } from "./reachable.ts"

export type AskedOfPolicy = {
  readonly principal: Principal
  readonly action: PolicyAction
  readonly item: PolicyItem
  readonly circumstances: Circumstances
  /** Whether the principal's grants allow it. */
  readonly isGranted: boolean
}

/** @returns undefined for what cannot be read as arguments */
export type ReadArguments = () => StrictJson | undefined

type Decision = {
  readonly allowed: boolean
  /** The rule that decided; undefined where the grants did, by allowing it or by not doing so. */
  readonly rule?: CompiledRule
}

export type DecisionWithShadow = Decision & {
  /** What it would be if the policies in shadow were enforced, where that is another. */
  readonly shadow?: Decision
}

export function decide(policies: CompiledPolicies, asked: AskedOfPolicy, read: ReadArguments): DecisionWithShadow {
  const { enforced, withShadow } = policies.rulesOf(asked.principal, asked.item)
  const decision = decideBy(enforced, asked, read)
  if (!withShadow) return decision
  const shadow = decideBy(withShadow, asked, read)
  return shadow.allowed === decision.allowed ? decision : { ...decision, shadow }
}

function decideBy({ deny, allow }: RuleSet, asked: AskedOfPolicy, read: ReadArguments): Decision {
  for (const rule of deny) if (judgeRule(rule, asked, read) !== false) return { allowed: false, rule }
  if (asked.isGranted) return { allowed: true }
  for (const rule of allow) if (judgeRule(rule, asked, read) === true) return { allowed: true, rule }
  return { allowed: false }
}

/** Whether the conditions of a rule that is about the principal and the item hold. */
function judgeRule(rule: CompiledRule, asked: AskedOfPolicy, read: ReadArguments): Judgement {
  const around = judgeAround(rule, asked)
  if (around === false || rule.arguments.length === 0) return around
  return all(around, rule.arguments, (condition) => judgeArgument(condition, read(), asked.principal))
}

function judgeAround({ actions, circumstances }: CompiledRule, asked: AskedOfPolicy): Judgement {
  if (actions && !actions.includes(asked.action)) return false
  return all(true, circumstances, ({ judge }) => judge(asked.circumstances))
}

/** Of conditions that must all hold: one that does not is enough to know, whatever cannot be judged. */
function all<T>(first: Judgement, conditions: readonly T[], judge: (condition: T) => Judgement): Judgement {
  let known: Judgement = first
  for (const condition of conditions) {
    const judged = judge(condition)
    if (judged === false) return false
    if (judged === undefined) known = undefined
  }
  return known
}

const withArguments: ReadonlySet<PolicyAction> = new Set(["call", "get"])

/** Whether some arguments would be allowed: what is listed is exactly that. */
export function mayEver(policies: CompiledPolicies, asked: AskedOfPolicy): boolean {
  const rules = policies.rulesOf(asked.principal, asked.item).enforced
  if (!withArguments.has(asked.action)) return decideBy(rules, asked, noArguments).allowed
  const denying = rules.deny.filter((rule) => judgeAround(rule, asked) !== false)
  if (denying.some((rule) => rule.arguments.length === 0)) return false
  const allowing = asked.isGranted ? [] : rules.allow.filter((rule) => judgeAround(rule, asked) === true)
  if (asked.isGranted && denying.length === 0) return true
  return isReached(rules, asked, { denying, allowing })
}

type Applying = { readonly denying: readonly CompiledRule[]; readonly allowing: readonly CompiledRule[] }

/** What was worked out of some rules, for whatever they are about. */
const reached = new WeakMap<RuleSet, Map<string, boolean>>()
const maxReached = 256

function isReached(
  rules: RuleSet,
  { isGranted, principal }: AskedOfPolicy,
  { denying, allowing }: Applying,
): boolean {
  const known = reached.get(rules) ?? new Map<string, boolean>()
  reached.set(rules, known)
  const key = [isGranted, ...denying.map(({ name }) => name), "", ...allowing.map(({ name }) => name)].join(" ")
  const conditions = isGranted ? [[]] : allowing.map((rule) => rule.arguments)
  const found =
    known.get(key) ??
    isReachable(
      conditions,
      denying.map((rule) => rule.arguments),
      principal,
    )
  if (known.size >= maxReached) known.clear()
  known.set(key, found)
  return found
}

const none: ReadonlyMap<string, StrictJson> = new Map()
const noArguments = (): StrictJson => none
