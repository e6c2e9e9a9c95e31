/** docs/risks.md, from the table of rules. */

import { riskRules } from "../src/domain/plans/risk-rules.ts"

const intro =
  "How risky a change of the gateway is. Every rule that applies gives its reason, the highest class counts, and what no rule speaks of is low. What is high for an agent or a workload waits for the approval of another principal: [governance.md](governance.md)."

export function risksPage(made: string): string {
  const rows = riskRules.map(({ id, class: of, reason }) => {
    const risk = typeof of === "string" ? of : `${of.people}; ${of.agents} for agents and workloads`
    return `| \`${id}\` | ${risk} | it ${reason} |`
  })
  return `${["# Risks", made, intro, ["| rule | risk | because |", "|---|---|---|", ...rows].join("\n")].join("\n\n")}\n`
}
