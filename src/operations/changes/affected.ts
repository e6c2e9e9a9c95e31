/**
 * Whom a change touches, in numbers and names: the principals that would notice, and the tools that come, go, or are
 * called under other terms. Told before it is made; of a service that was never heard nobody knows the tools yet.
 */

import type { Catalog } from "../../domain/catalog.ts"
import type { Change, ValueChange } from "../../domain/changes/change.ts"
import { compilePatterns, coversPattern, overlapsPattern } from "../../domain/pattern.ts"
import { compileGrants, type Grants } from "../../domain/permission.ts"
import type { Affected } from "../../domain/plans/plan.ts"
import { differingRules } from "../../domain/policy/compare.ts"
import { compileSubject, compileTarget } from "../../domain/policy/compiled-policies.ts"
import { policyItemOf } from "../../domain/policy/item.ts"
import type { Principal } from "../../domain/principal.ts"
import { countsFor } from "../../domain/quota/compiled-quotas.ts"
import type { QuotaTarget } from "../../domain/quota/quota.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { toolsOf, type ServiceTool } from "../services/service-tools.ts"

const maxNames = 20
const maxNameLength = 256

type Touched = { readonly principals: readonly Principal[]; readonly tools: readonly ServiceTool[] }

/** What there is now. */
type Known = Touched & {
  readonly keyOwners: ReadonlyMap<string, string>
  /** Of which whoever asks may know that grants of them come and go: to ask for a tool must not tell whether it is there. */
  readonly grantable: readonly ServiceTool[]
  readonly nowMs: number
  readonly catalog: Catalog
}

export async function affectedBy(context: OperationContext, changes: readonly Change[]): Promise<Affected> {
  const keys = await listAll(context.keys)
  const tools = toolsOf(context)
  const known: Known = {
    principals: (await listAll(context.principals)).filter(({ disabled }) => !disabled),
    tools,
    grantable: context.actor.may.holds("principals:read") ? tools : [],
    nowMs: context.nowMs,
    catalog: context.access.catalog,
    keyOwners: new Map(keys.map(({ id, principalId }) => [id, principalId])),
  }
  const touched = changes.map((change) => touchedBy(change, known))
  return {
    principals: sampleOf(touched.flatMap(({ principals }) => principals.map(({ name }) => name))),
    tools: sampleOf(touched.flatMap(({ tools }) => tools.map(({ name }) => name))),
  }
}

function sampleOf(names: readonly string[]): { count: number; names: string[] } {
  const all = [...new Set(names)].sort()
  return { count: all.length, names: all.slice(0, maxNames).map((name) => name.slice(0, maxNameLength)) }
}

function touchedBy(change: Change, known: Known): Touched {
  if (change.subject === "service" || change.subject === "pins") return touchedByService(change.name, known)
  if (change.subject === "principal") return touchedByGrants(change, known)
  if (change.subject === "key") return touchedByKey(change, known)
  if (change.subject === "quota") return touchedByQuota(change, known)
  if (change.subject === "policy") return touchedByPolicy(change, known)
  return { principals: [], tools: [] }
}

function touchedByService(name: string, { principals, tools }: Known): Touched {
  return {
    principals: principals.filter(({ grants }) => reaches(grants, name)),
    tools: tools.filter(({ service }) => service === name),
  }
}

/** Whether something of the service's may be granted, whatever it offers. */
function reaches(grants: Grants, service: string): boolean {
  const names = { tools: `${service}__*`, prompts: `${service}__*`, resources: `${service}/*` }
  return (["tools", "prompts", "resources"] as const).some((kind) => {
    const { allow, deny } = grants[kind]
    const denied = deny.some((pattern) => coversPattern(pattern, names[kind]))
    return !denied && allow.some((pattern) => overlapsPattern(pattern, names[kind]))
  })
}

/** The tools that come and go. */
function touchedByGrants({ before, after }: ValueChange<"principal">, { grantable, nowMs }: Known): Touched {
  const could = mayOf(before, nowMs)
  const can = mayOf(after, nowMs)
  return {
    principals: [before ?? after].filter((principal) => principal !== undefined),
    tools: grantable.filter(({ canonicalName }) => could(canonicalName) !== can(canonicalName)),
  }
}

function mayOf(principal: Principal | undefined, nowMs: number): (tool: string) => boolean {
  if (!principal || principal.disabled) return () => false
  const may = compileGrants(principal.grants, nowMs)
  return (tool) => may.mayUse("tools", tool)
}

function touchedByKey({ before, after }: ValueChange<"key">, { principals }: Known): Touched {
  const owner = (after ?? before)?.principalId
  return { principals: principals.filter(({ id }) => id === owner), tools: [] }
}

function touchedByQuota(
  { before, after }: ValueChange<"quota">,
  { principals, tools, keyOwners }: Known,
): Touched {
  const quotas = [before, after].filter((quota) => quota !== undefined)
  const counts = ({ id, team }: Principal): boolean =>
    quotas.some(({ subject }) =>
      subject.kind === "key"
        ? keyOwners.get(subject.keyId) === id
        : countsFor({ subject }, { principalId: id, team, keyId: undefined }),
    )
  const covers = quotas.map(({ target }) => coveringOf(target))
  return {
    principals: principals.filter(counts),
    tools: tools.filter((tool) => covers.some((does) => does(tool))),
  }
}

function coveringOf(target: QuotaTarget): (tool: ServiceTool) => boolean {
  if (target.kind === "everything") return () => true
  if (target.kind === "service") return ({ service }) => service === target.service
  const matches = compilePatterns([target.pattern])
  return ({ canonicalName }) => matches(canonicalName)
}

/** Whom the rules that differ are about, and the tools that they are about for somebody. */
function touchedByPolicy(
  { before, after }: ValueChange<"policy">,
  { principals, tools, catalog }: Known,
): Touched {
  const rules = differingRules(before, after)
  const [subjects, targets] = [rules.map(compileSubject), rules.map(compileTarget)]
  const itemOf = (tool: ServiceTool) => policyItemOf(catalog, { kind: "tools", ...tool })
  return {
    principals: principals.filter((principal) => subjects.some((isAbout) => isAbout(principal))),
    tools: tools.filter((tool) => targets.some((covers) => covers(itemOf(tool)))),
  }
}
