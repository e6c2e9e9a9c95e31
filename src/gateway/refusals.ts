/** Puts on record what a door refused before it was looked at; floods of it are folded (call/folding.ts). */

import { callerFacts } from "../call/entry-facts.ts"
import type { Folding } from "../call/folding.ts"
import type { Caller } from "../domain/principal.ts"
import { GatewayError, type ErrorCode } from "../errors.ts"

/** @returns told of each; the caller where that was known. Never rejects */
export function recordRefusals(
  folding: Folding,
): (source: string, thrown: unknown, caller?: Caller) => Promise<void> {
  return async (source, thrown, caller) => {
    const { code: outcome } = GatewayError.from(thrown)
    const whose = caller && callerFacts(caller, undefined)
    const refusal = {
      kind: "refusal",
      timeMs: Date.now(),
      outcome,
      rule: ruleOf(outcome),
      source,
      ...whose,
    } as const
    await folding.add(refusal).catch(() => {}) // the log counts what it could not take
  }
}

function ruleOf(outcome: ErrorCode): string {
  if (outcome === "overloaded") return "load"
  return outcome === "forbidden" ? "origin" : "credential"
}
