/**
 * How what a service says changes the risk of letting it in. No rule of risk.ts: they see a change, and what the service
 * offers is asked for after them, since that takes as long as the service does.
 */

import type { Risk } from "../plans/risk.ts"

export function withGraveFindings({ reasons }: Risk): Risk {
  const reason = "lets a service in that says something grave to models; the notes have it"
  return { class: "high", reasons: [...reasons, { rule: "service-findings", class: "high", reason }] }
}
