/**
 * One thing found in what a service says of itself. What can be found, and how grave each is: rules.ts. A finding is
 * for people and agents who decide about a service, so nothing in it can act on a terminal or hide.
 */

import { shownExcerpt } from "./shown-excerpt.ts"
import { rules, type RuleId, type Severity } from "./rules.ts"

export type Finding = {
  readonly id: RuleId
  readonly severity: Severity
  /** The way to the text: `tools/add/inputSchema/properties/a/description`. */
  readonly where: string
  /** Of the text, escaped and cut. */
  readonly excerpt: string
  readonly explanation: string
}

/** @param more what only this case has to say */
export function found(id: RuleId, where: string, excerpt: string, more?: string): Finding {
  const { severity, explanation } = rules[id]
  return {
    id,
    severity,
    where,
    excerpt: shownExcerpt(excerpt),
    explanation: more === undefined ? explanation : `${explanation} ${shownExcerpt(more)}`,
  }
}
