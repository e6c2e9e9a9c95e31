/**
 * What a reviewer is shown of a definition that is held back: each member that is not as it was approved, in both
 * texts. What no eye sees is written as an escape; where two texts look alike, the characters that part them are named.
 */

import { visibleJson } from "../visible-text.ts"
import { canonicalMembers } from "./canonical-text.ts"
import type { Held } from "./pin.ts"

export type Difference = {
  /** `instructions` of what the service says of itself. */
  readonly member: string
  /** JSON, as it was approved; undefined where the member was not there. */
  readonly was: string | undefined
  /** JSON, as it is; undefined where the member is gone. */
  readonly now: string | undefined
  /** Where the texts part, and by which characters. */
  readonly at: string | undefined
}

export function differencesOf({ kind, text, was }: Pick<Held, "kind" | "text" | "was">): readonly Difference[] {
  if (kind === "instructions") return [differenceOf("instructions", was, text)]
  const before = new Map(was === undefined ? [] : canonicalMembers(was))
  const after = new Map(canonicalMembers(text))
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((member) => before.get(member) !== after.get(member))
    .sort()
    .map((member) => differenceOf(member, before.get(member), after.get(member)))
}

function differenceOf(member: string, was: string | undefined, now: string | undefined): Difference {
  const at = was === undefined || now === undefined ? undefined : firstDifference(was, now)
  return { member: visibleJson(member), was: excerpt(was, at), now: excerpt(now, at), at: sayWhere(was, now, at) }
}

function firstDifference(was: string, now: string): number {
  let at = 0
  while (at < was.length && was[at] === now[at]) at++
  return at
}

const maxShown = 4_096
const before = 256

/** Of a long text what is around the first difference. */
function excerpt(text: string | undefined, at = 0): string | undefined {
  if (text === undefined || text.length <= maxShown) return text && visibleJson(text)
  const from = Math.max(0, Math.min(at - before, text.length - maxShown))
  const shown = visibleJson(text.slice(from, from + maxShown))
  const rest = text.length - from - maxShown
  return `${from > 0 ? `(${from} characters) ...` : ""}${shown}${rest > 0 ? `... (${rest} characters)` : ""}`
}

function sayWhere(was = "", now = "", at: number | undefined): string | undefined {
  if (at === undefined) return undefined
  return `From character ${at}: ${sayCharacter(was, at)} became ${sayCharacter(now, at)}.`
}

function sayCharacter(text: string, at: number): string {
  const point = text.codePointAt(at)
  if (point === undefined) return "the end"
  const shown = visibleJson(JSON.stringify(String.fromCodePoint(point)))
  return `${shown} (U+${point.toString(16).toUpperCase().padStart(4, "0")})`
}
