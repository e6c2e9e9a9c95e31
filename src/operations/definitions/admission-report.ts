/** The report on a service as operations give and say it: what was found, what it offers, what that costs. */

import * as z from "zod"
import type { Definitions } from "../../domain/admission/definition-texts.ts"
import { holds } from "../../domain/admission/inspect-definitions.ts"
import { namesOf, type OperationNames } from "../../domain/admission/known-names.ts"
import { reportOn } from "../../domain/admission/report.ts"
import type { OperationContext } from "../operation.ts"
import { formatTable, plainLine } from "../plain-text.ts"

export const reportOutput = z.object({
  service: z.string(),
  holds: z.boolean().describe("Whether something of high severity was found, so that somebody should look first."),
  offers: z.object({ tools: z.int(), prompts: z.int(), resources: z.int(), templates: z.int() }),
  capabilities: z.array(z.string()).describe("Of MCP, as it declares them."),
  totalTokens: z.int().describe("What its tools and instructions cost a model with every request, about."),
  tokensBy: z
    .enum(["o200k_base", "estimate"])
    .describe("The encoding that was used to count; estimate: a token for every four bytes."),
  tools: z.array(z.object({ name: z.string(), tokens: z.int() })).describe("The dearest first, 200 at most."),
  findings: z
    .array(
      z.object({
        id: z.string().describe("Of the rule; docs/admission.md lists them."),
        severity: z.enum(["high", "medium", "low"]),
        where: z.string(),
        excerpt: z.string().describe("Of the service's text, with what no eye sees written out."),
        explanation: z.string(),
      }),
    )
    .describe("The gravest first, 100 at most."),
  omitted: z.int().describe("Findings beyond those, 300 of each severity at most."),
})

export type ReportOutput = z.input<typeof reportOutput>

export async function reportFor(
  { fleet, countTokens }: Pick<OperationContext, "fleet" | "countTokens">,
  definitions: Definitions,
  names: OperationNames,
): Promise<ReportOutput> {
  const others = fleet.offers().flatMap((offer) => (offer.service === definitions.service ? [] : [namesOf(offer)]))
  const { cost, findings, capabilities, ...rest } = await reportOn(definitions, { ...names, others }, countTokens)
  return {
    ...rest,
    holds: holds({ findings }),
    capabilities: [...capabilities],
    totalTokens: cost.totalTokens,
    tokensBy: cost.by,
    tools: [...cost.tools],
    findings: [...findings],
  }
}

const mostSaid = 20

export function sayReport({
  service,
  offers,
  totalTokens,
  findings,
  omitted,
  holds,
}: z.output<typeof reportOutput>): string {
  const { tools, prompts, resources } = offers
  const verdict = holds ? "Something grave was found: look before you let it be used." : "Nothing grave was found."
  const rows = findings.map(({ severity, id, where, explanation }) => [severity, id, where, explanation])
  const rest = findings.length + omitted - Math.min(mostSaid, rows.length)
  return [
    `${plainLine(service, 64)} offers ${tools} tools, ${prompts} prompts, ${resources} resources, for about ${totalTokens} tokens. ${verdict}`,
    ...(rows.length > 0 ? [formatTable(["SEVERITY", "RULE", "WHERE", "WHY"], rows.slice(0, mostSaid))] : []),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
  ].join("\n")
}
