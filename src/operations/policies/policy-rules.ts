/**
 * What nobody may do to policies, whatever permissions they hold: write a rule about themselves, allow others what they
 * do not hold, or write so many that calls would feel it. A rule about everybody is about nobody, since somebody must
 * be able to write and to loosen it.
 */

import { exceeds } from "../../domain/exceeding.ts"
import { grantsSchema, type Grants } from "../../domain/permission.ts"
import { differingRules } from "../../domain/policy/compare.ts"
import { compileSubject } from "../../domain/policy/compiled-policies.ts"
import { maxPolicies, maxRulesInAll, type Policy, type PolicyRule } from "../../domain/policy/policy.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

export type PolicyChange = { readonly before: Policy | undefined; readonly after: Policy | undefined }

/** @throws GatewayError `forbidden`, naming the rules */
export function assertMayWrite({ actor }: Pick<OperationContext, "actor">, change: PolicyChange): void {
  const rules = differingRules(change.before, change.after)
  const own = rules.filter((rule) => selects(rule) && compileSubject(rule)(actor.principal)).map(({ id }) => id)
  if (own.length > 0) throw ownRule([...new Set(own)])
  const given = rules.filter((rule) => rule.effect === "allow" && change.after?.rules.includes(rule))
  const excess = given.flatMap((rule) =>
    exceeds(actor.principal.grants, grantedBy(rule)).map((text) => `${rule.id}: ${text}`),
  )
  if (excess.length > 0) throw tooWide(excess)
}

/** @throws GatewayError `conflict` */
export function assertRoom(all: readonly Policy[], { before, after }: PolicyChange): void {
  const others = all.filter(({ id }) => id !== before?.id)
  const rules = [...others, ...(after ? [after] : [])].reduce((sum, policy) => sum + policy.rules.length, 0)
  if (others.length < maxPolicies && rules <= maxRulesInAll) return
  const text = `There can be ${maxPolicies} policies with ${maxRulesInAll} rules in all; remove what is not needed.`
  throw new GatewayError("conflict", text, { next: { operation: "list_policies" } })
}

/** Whether it is about some, and not about everybody. */
export function selects({ subject }: PolicyRule): boolean {
  return Object.keys(subject).length > 0
}

/** What a rule allows, as grants would say it: at least as much. */
function grantedBy({ target }: PolicyRule): Grants {
  const { services, annotations } = target
  const isNamed = target.tools ?? target.prompts ?? target.resources
  const ofKind = (kind: "tools" | "prompts" | "resources", separator: string): { allow: readonly string[] } => {
    if (annotations && kind !== "tools") return { allow: [] }
    if (isNamed) return { allow: target[kind] ?? [] }
    return { allow: services?.map((service) => allOf(service, separator)) ?? ["*"] }
  }
  return grantsSchema.parse({
    tools: ofKind("tools", "__"),
    prompts: ofKind("prompts", "__"),
    resources: ofKind("resources", "/"),
  })
}

/** Longer names may be cut within the service's: domain/naming.ts. */
const maxWholeLength = 50

/** A pattern over all names of the services that a pattern fits, or over more. */
function allOf(service: string, separator: string): string {
  const [head = ""] = service.split("*")
  const isWhole = head === service && service.length <= maxWholeLength
  return isWhole ? `${service}${separator}*` : `${head.slice(0, maxWholeLength)}*`
}

function ownRule(rules: readonly string[]): GatewayError {
  return new GatewayError(
    "forbidden",
    `Nobody writes, changes or removes a rule about themselves, and you are one of those that these are about: ${rules.join(", ")}. Ask another principal that holds policies:write.`,
    { detail: { rules } },
  )
}

function tooWide(excess: readonly string[]): GatewayError {
  return new GatewayError(
    "forbidden",
    `Nobody allows more than they hold, and you do not hold what these rules allow: ${excess.join(", ")}. Narrow them, or ask somebody who holds it.`,
    { detail: { exceeds: excess } },
  )
}
