/** Puts on record what a door refused before it was looked at; floods of it are folded (call/folding.ts). */

import { callerFacts } from "../call/entry-facts.ts"
import type { Folding } from "../call/folding.ts"
import type { Caller } from "../domain/principal.ts"
import { GatewayError, type ErrorCode } from "../errors.ts"

/** Told of each, and of the caller where that was known. Never rejects. @returns what the caller is told */
export type RecordRefusal = (source: string, thrown: unknown, caller?: Caller) => Promise<GatewayError>

export function recordRefusals(folding: Folding): RecordRefusal {
  return async (source, thrown, caller) => {
    const error = GatewayError.from(thrown)
    const { code: outcome } = error
    const whose = caller && callerFacts(caller, undefined)
    const refusal = {
      kind: "refusal",
      timeMs: Date.now(),
      outcome,
      rule: ruleOf(outcome),
      source,
      ...whose,
    } as const
    const callId = await folding.add(refusal).catch(() => undefined) // the log counts what it could not take
    // To strangers each refusal must look like any other.
    return callId === undefined || !caller ? error : error.told({ callId })
  }
}

function ruleOf(outcome: ErrorCode): string {
  if (outcome === "overloaded") return "load"
  return outcome === "forbidden" ? "origin" : "credential"
}
