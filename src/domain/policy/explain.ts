/**
 * Why something is decided as it is: the rule, and which of its conditions it came down to. What conditions compare with
 * is not told, only what they look at: who asks why may be anybody.
 */

import type { StrictJson } from "../../mcp/strict-json.ts"
import { judgeArgument, type ArgumentCondition, type Judgement } from "./argument-condition.ts"
import type { CompiledPolicies, CompiledRule } from "./compiled-policies.ts"
import { decide, mayEver, type AskedOfPolicy, type DecisionWithShadow, type ReadArguments } from "./decide.ts"

export type Explained = {
  /** `depends` where no arguments are given, and they would decide. */
  readonly decision: "allowed" | "denied" | "depends"
  readonly listed: boolean
  /** The rule that decides; where it depends, the first of those that look at arguments. */
  readonly rule?: CompiledRule
  /** What of the call that rule looks at, and what it made of it. */
  readonly inputs: readonly ExplainedInput[]
  /** The rules that would allow it, and what each of them misses. */
  readonly missed: readonly { readonly rule: CompiledRule; readonly inputs: readonly ExplainedInput[] }[]
  readonly shadow?: DecisionWithShadow["shadow"]
}

export type ExplainedInput = {
  /** `argument /customer_id`, `time`, `source`, `client`, `action` */
  readonly input: string
  /** The condition as a whole, its `not` included. */
  readonly condition: "holds" | "does not hold" | "cannot be judged"
  /** Where the condition is turned round: it holds of what its test does not hold of. */
  readonly not?: true
}

/** @param given undefined where no arguments are given at all */
export function explain(
  policies: CompiledPolicies,
  asked: AskedOfPolicy,
  given: StrictJson | undefined,
): Explained {
  const read: ReadArguments = () => given ?? none
  const listed = mayEver(policies, asked)
  const { deny, allow } = policies.rulesOf(asked.principal, asked.item).enforced
  const ofArguments = [...deny, ...(asked.isGranted ? [] : allow)].find((rule) => looksAtArguments(rule, asked))
  if (given === undefined && listed && ofArguments)
    return { decision: "depends", listed, rule: ofArguments, inputs: argumentsOf(ofArguments), missed: [] }
  const { allowed, rule, shadow } = decide(policies, asked, read)
  const denied = !allowed && !rule
  return {
    decision: allowed ? "allowed" : "denied",
    listed,
    ...(rule && { rule }),
    inputs: rule ? inputsOf(rule, asked, read) : [],
    missed: denied ? allow.map((one) => ({ rule: one, inputs: inputsOf(one, asked, read).filter(isMissed) })) : [],
    ...(shadow && { shadow }),
  }
}

const none: StrictJson = new Map()

/** Whether arguments can decide about it: nothing else says no to it. */
function looksAtArguments(rule: CompiledRule, asked: AskedOfPolicy): boolean {
  if (rule.arguments.length === 0) return false
  const around = aroundOf(rule, asked)
  return around.every(
    ({ condition }) => condition === "holds" || (rule.effect === "deny" && condition !== "does not hold"),
  )
}

function argumentsOf({ arguments: conditions }: CompiledRule): readonly ExplainedInput[] {
  return conditions.map((condition) => ofArgument(condition, undefined))
}

function inputsOf(rule: CompiledRule, asked: AskedOfPolicy, read: ReadArguments): readonly ExplainedInput[] {
  const ofArguments = rule.arguments.map((condition) =>
    ofArgument(condition, judgeArgument(condition, read(), asked.principal)),
  )
  return [...aroundOf(rule, asked), ...ofArguments]
}

function aroundOf({ actions, circumstances }: CompiledRule, asked: AskedOfPolicy): readonly ExplainedInput[] {
  const action = actions ? [explained("action", actions.includes(asked.action))] : []
  return [...action, ...circumstances.map(({ part, judge }) => explained(part, judge(asked.circumstances)))]
}

function ofArgument({ pointer, not }: ArgumentCondition, judged: Judgement): ExplainedInput {
  return { ...explained(`argument ${pointer}`, judged), ...(not && { not }) }
}

function explained(input: string, judged: Judgement): ExplainedInput {
  if (judged === undefined) return { input, condition: "cannot be judged" }
  return { input, condition: judged ? "holds" : "does not hold" }
}

function isMissed({ condition }: ExplainedInput): boolean {
  return condition !== "holds"
}
