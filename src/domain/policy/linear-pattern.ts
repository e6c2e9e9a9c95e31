/**
 * Patterns with the syntax and the promise of RE2: whatever stands in one, a match takes time in proportion to the
 * text. They match a whole text. Why a package: docs/decisions/0022-policy.md.
 */

import { createRequire } from "node:module"
import type * as Re2 from "re2js"

export type LinearPattern = {
  /** @returns undefined for a text that is too long to be judged, or no well-formed Unicode */
  matches(text: string): boolean | undefined
}

export const maxPatternLength = 512
const maxMatchedLength = 4_096
/** The time of a match is in proportion to it too. */
const maxProgramSize = 500
const maxKept = 2_000

const kept = new Map<string, LinearPattern>()
let engine: typeof Re2 | undefined

/** @returns undefined for what is no pattern, or too large a one */
export function compileLinear(pattern: string): LinearPattern | undefined {
  const known = kept.get(pattern)
  if (known) return known
  if (pattern.length > maxPatternLength) return undefined
  const compiled = compile(pattern)
  if (kept.size >= maxKept) kept.clear()
  if (compiled) kept.set(pattern, compiled)
  return compiled
}

function compile(pattern: string): LinearPattern | undefined {
  // loaded with the first pattern: most gateways have none
  const { RE2JS, RE2JSException } = (engine ??= createRequire(import.meta.url)("re2js") as typeof Re2)
  try {
    const program = RE2JS.compile(pattern)
    if (program.programSize() > maxProgramSize) return undefined
    return { matches: (text) => (canJudge(text) ? program.testExact(text) : undefined) }
  } catch (thrown) {
    if (thrown instanceof RE2JSException) return undefined
    throw thrown
  }
}

function canJudge(text: string): boolean {
  return text.length <= maxMatchedLength && text.isWellFormed()
}
