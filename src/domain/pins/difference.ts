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

type Texts = Pick<Held, "kind" | "was"> & { readonly text: string | undefined }

/** Of one definition: a service may say as much as it likes, and to write escapes takes its time. */
const maxTextLength = 64 * 1_024

export function differencesOf(texts: Texts): readonly Difference[] {
  const changed = changedMembers(texts)
  const shown: Difference[] = []
  for (let length = 0; shown.length < changed.length && length < maxTextLength;) {
    const difference = differenceOf(changed[shown.length] as MemberChange)
    shown.push(difference)
    length += JSON.stringify(difference).length
  }
  const rest = changed.length - shown.length
  return rest === 0 ? shown : [...shown, { ...nothing, member: `... and ${rest} members more` }]
}

const nothing: Omit<Difference, "member"> = { was: undefined, now: undefined, at: undefined }

/** Canonical JSON on both sides. */
export type MemberChange = Omit<Difference, "at">

export function changedMembers({ kind, text, was }: Texts): readonly MemberChange[] {
  if (kind === "instructions") return was === text ? [] : [{ member: kind, was, now: text }]
  const [before, after] = [membersOf(was), membersOf(text)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((member) => before.get(member) !== after.get(member))
    .sort()
    .map((member) => ({ member, was: before.get(member), now: after.get(member) }))
}

function membersOf(json: string | undefined): ReadonlyMap<string, string> {
  return new Map(json === undefined ? [] : canonicalMembers(json))
}

function differenceOf({ member, was, now }: MemberChange): Difference {
  const at = was === undefined || now === undefined ? undefined : firstDifference(was, now)
  const shownMember = visibleJson(member.slice(0, maxMember))
  return { member: shownMember, was: excerpt(was, at), now: excerpt(now, at), at: whereTheyPart(was, now) }
}

/** In words; undefined where one of them is not there. */
export function whereTheyPart(was: string | undefined, now: string | undefined): string | undefined {
  if (was === undefined || now === undefined) return undefined
  const at = firstDifference(was, now)
  return `From character ${at}: ${sayCharacter(was, at)} became ${sayCharacter(now, at)}.`
}

function firstDifference(was: string, now: string): number {
  let at = 0
  while (at < was.length && was[at] === now[at]) at++
  return at
}

const maxMember = 200
const maxShown = 8_000
/** Kept of what stands before the first difference. */
const before = 100

/** Of a long text what is around the first difference. */
function excerpt(text: string | undefined, at = 0): string | undefined {
  if (text === undefined || text.length <= maxShown) return text && visibleJson(text)
  const from = Math.max(0, Math.min(at - before, text.length - maxShown))
  const shown = visibleJson(text.slice(from, from + maxShown))
  const rest = text.length - from - maxShown
  return `${from > 0 ? `(${from} characters) ...` : ""}${shown}${rest > 0 ? `... (${rest} characters)` : ""}`
}

function sayCharacter(text: string, at: number): string {
  const point = text.codePointAt(at)
  if (point === undefined) return "the end"
  const shown = visibleJson(JSON.stringify(String.fromCodePoint(point)))
  return `${shown} (U+${point.toString(16).toUpperCase().padStart(4, "0")})`
}
