/** What there is to know of a service before it is let in: what it offers, what that costs, what was found in it. */

import type { Definitions } from "./definition-texts.ts"
import type { Finding } from "./finding.ts"
import { inspectDefinitions } from "./inspect-definitions.ts"
import type { Surroundings } from "./known-names.ts"
import { shownExcerpt } from "./shown-excerpt.ts"
import { costOf, type CountTokens, type TokenCost } from "./token-cost.ts"

export type Report = {
  readonly service: string
  /** As it declares them: `tools.listChanged`. */
  readonly capabilities: readonly string[]
  readonly offers: {
    readonly tools: number
    readonly prompts: number
    readonly resources: number
    readonly templates: number
  }
  readonly cost: TokenCost
  /** The gravest first. */
  readonly findings: readonly Finding[]
  /** Findings that are not shown. */
  readonly omitted: number
}

const mostFindings = 100
const mostTools = 200
const mostCapabilities = 50

export async function reportOn(
  definitions: Definitions,
  surroundings: Surroundings,
  countTokens: CountTokens,
): Promise<Report> {
  const [findings, cost] = await Promise.all([
    inspectDefinitions(definitions, surroundings),
    costOf(definitions, countTokens),
  ])
  const { tools, prompts, resources, templates } = definitions.items
  return {
    service: definitions.service,
    capabilities: namesIn(definitions.capabilities).slice(0, mostCapabilities),
    offers: {
      tools: tools.length,
      prompts: prompts.length,
      resources: resources.length,
      templates: templates.length,
    },
    cost: { ...cost, tools: cost.tools.slice(0, mostTools) },
    findings: findings.slice(0, mostFindings),
    omitted: Math.max(0, findings.length - mostFindings),
  }
}

function namesIn(capabilities: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(capabilities).flatMap(([name, value]) => {
    const inner = typeof value === "object" && value !== null ? Object.entries(value) : []
    const declared = inner.filter(([, flag]) => flag !== false).map(([key]) => shownExcerpt(`${name}.${key}`))
    return declared.length === 0 ? [shownExcerpt(name)] : declared
  })
}
