/**
 * All policies made ready to be asked: an immutable snapshot, swapped whole when one of them changes. It finds the rules
 * that are about a principal and a thing to use; what they come to for one call: decide.ts.
 */

import { compilePatterns } from "../pattern.ts"
import type { Principal } from "../principal.ts"
import type { ArgumentCondition } from "./argument-condition.ts"
import { compileCircumstances, type Circumstance } from "./circumstances.ts"
import { annotationNames, type Policy, type PolicyAction, type PolicyRule } from "./policy.ts"

type Annotations = Readonly<Record<(typeof annotationNames)[number], boolean>>

/** Something of a service that can be used, in the words of policies. Made once for each that is listed. */
export type PolicyItem = {
  readonly kind: "tools" | "prompts" | "resources"
  readonly service: string
  readonly canonicalName: string
  /** The name it had if its service's file renamed nothing: a new name escapes no rule that denies. */
  readonly ownName?: string | undefined
  readonly tags: readonly string[]
  readonly annotations: () => Annotations
}

export type CompiledRule = {
  /** `policy:<id>/<rule>`, as the audit log has it. */
  readonly name: string
  readonly effect: "allow" | "deny"
  readonly actions: readonly PolicyAction[] | undefined
  readonly circumstances: readonly Circumstance[]
  readonly arguments: readonly ArgumentCondition[]
}

export type RuleSet = { readonly deny: readonly CompiledRule[]; readonly allow: readonly CompiledRule[] }

/** The rules about one principal and one item: of policies that are enforced, and those with the ones in shadow. */
type RulesOf = {
  readonly enforced: RuleSet
  /** Undefined where no rule in shadow is about them. */
  readonly withShadow: RuleSet | undefined
}

export type CompiledPolicies = {
  /** One more with each change. */
  readonly revision: number
  readonly all: readonly Policy[]
  /** Whether no rule can decide anything. */
  readonly isEmpty: boolean
  rulesOf(principal: Principal, item: PolicyItem): RulesOf
  /** The conditions on circumstances that can decide about anything for this principal. */
  circumstancesOf(principal: Principal): readonly Circumstance[]
}

type Candidate = CompiledRule & {
  readonly isShadow: boolean
  readonly isAbout: (principal: Principal) => boolean
  readonly covers: (item: PolicyItem) => boolean
}

type Member = {
  readonly candidates: readonly Candidate[]
  readonly circumstances: readonly Circumstance[]
  readonly byItem: WeakMap<PolicyItem, RulesOf>
  /** One for all items that the same rules are about. */
  readonly bySet: Map<string, RulesOf>
}

const maxSets = 1_000

export function compilePolicies(policies: readonly Policy[], revision = 0): CompiledPolicies {
  const candidates = policies.flatMap((policy) =>
    policy.mode === "off" ? [] : policy.rules.map((rule) => compile(policy, rule)),
  )
  const members = new WeakMap<Principal, Member>()
  const memberOf = (principal: Principal): Member => {
    const known = members.get(principal) ?? toMember(candidates, principal)
    members.set(principal, known)
    return known
  }
  return {
    revision,
    all: policies,
    isEmpty: candidates.length === 0,
    rulesOf: (principal, item) => {
      const member = memberOf(principal)
      const known = member.byItem.get(item) ?? findRules(member, item)
      member.byItem.set(item, known)
      return known
    },
    circumstancesOf: (principal) => memberOf(principal).circumstances,
  }
}

export const noPolicies: CompiledPolicies = compilePolicies([])

function toMember(all: readonly Candidate[], principal: Principal): Member {
  const candidates = all.filter(({ isAbout }) => isAbout(principal))
  const circumstances = candidates.filter(({ isShadow }) => !isShadow).flatMap((rule) => rule.circumstances)
  return { candidates, circumstances, byItem: new WeakMap(), bySet: new Map() }
}

function findRules({ candidates, bySet }: Member, item: PolicyItem): RulesOf {
  const covering = candidates.filter(({ covers }) => covers(item))
  const set = covering.map(({ name }) => name).join(" ")
  const known = bySet.get(set) ?? toRules(covering)
  if (bySet.size >= maxSets) bySet.clear()
  bySet.set(set, known)
  return known
}

function toRules(candidates: readonly Candidate[]): RulesOf {
  const enforced = candidates.filter(({ isShadow }) => !isShadow)
  const hasShadow = enforced.length < candidates.length
  return { enforced: byEffect(enforced), withShadow: hasShadow ? byEffect(candidates) : undefined }
}

function byEffect(rules: readonly CompiledRule[]): RuleSet {
  return {
    deny: rules.filter(({ effect }) => effect === "deny"),
    allow: rules.filter(({ effect }) => effect === "allow"),
  }
}

function compile({ id, mode }: Policy, rule: PolicyRule): Candidate {
  return {
    name: `policy:${id}/${rule.id}`,
    effect: rule.effect,
    actions: rule.actions,
    circumstances: compileCircumstances(rule),
    arguments: rule.arguments ?? [],
    isShadow: mode === "shadow",
    isAbout: compileSubject(rule),
    covers: compileTarget(rule),
  }
}

const any = (): boolean => true

export function compileSubject({
  subject: { principals, kinds, teams },
}: Pick<PolicyRule, "subject">): (principal: Principal) => boolean {
  const isNamed = principals ? compilePatterns(principals) : any
  return ({ name, kind, team }) =>
    isNamed(name) &&
    (kinds?.includes(kind) ?? true) &&
    (teams === undefined || (team !== undefined && teams.includes(team)))
}

export function compileTarget({ effect, target }: PolicyRule): (item: PolicyItem) => boolean {
  const { services, tags, annotations } = target
  const ofService = services ? compilePatterns(services) : any
  const byName = compileNames(target)
  const wanted = annotationNames.filter((name) => annotations?.[name] !== undefined)
  const isAnnotated = (item: PolicyItem): boolean =>
    item.kind === "tools" && wanted.every((name) => item.annotations()[name] === annotations?.[name])
  return (item) =>
    ofService(item.service) &&
    (tags === undefined || tags.some((tag) => item.tags.includes(tag))) &&
    (byName(item.kind, item.canonicalName) ||
      (effect === "deny" && item.ownName !== undefined && byName(item.kind, item.ownName))) &&
    (wanted.length === 0 || isAnnotated(item))
}

function compileNames({
  tools,
  prompts,
  resources,
}: PolicyRule["target"]): (kind: PolicyItem["kind"], name: string) => boolean {
  if (!tools && !prompts && !resources) return any
  const named = { tools, prompts, resources }
  const none = (): boolean => false
  const compiled = {
    tools: named.tools ? compilePatterns(named.tools) : none,
    prompts: named.prompts ? compilePatterns(named.prompts) : none,
    resources: named.resources ? compilePatterns(named.resources) : none,
  }
  return (kind, name) => compiled[kind](name)
}
