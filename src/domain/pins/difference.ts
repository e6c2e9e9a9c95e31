/**
 * What a reviewer is shown of a definition that is held back: each member that is not as it was approved, in both
 * texts. What no eye sees is written as an escape; where two texts look alike, the characters that part them are named.
 */

import { visibleJson } from "../visible-text.ts"
import { canonicalMembers } from "./canonical-text.ts"
import { shortName, type Approved, type Held, type PinChange } from "./pin.ts"

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
const maxTextLength = 16 * 1_024

export function differencesOf({ kind, text, was }: Texts): readonly Difference[] {
  if (kind === "instructions") return [differenceOf("instructions", was, text)]
  const [before, after] = [membersOf(was), membersOf(text)]
  const members = [...new Set([...before.keys(), ...after.keys()])]
    .filter((member) => before.get(member) !== after.get(member))
    .sort()
  const shown: Difference[] = []
  for (let length = 0; shown.length < members.length && length < maxTextLength;) {
    const member = members[shown.length] ?? ""
    const difference = differenceOf(member, before.get(member), after.get(member))
    shown.push(difference)
    length += JSON.stringify(difference).length
  }
  const rest = members.length - shown.length
  return rest === 0 ? shown : [...shown, { ...nothing, member: `... and ${rest} members more` }]
}

const nothing: Omit<Difference, "member"> = { was: undefined, now: undefined, at: undefined }

const maxLines = 200
const maxLine = 1_000

/** The same in lines, for plans: `- tools/echo description: "..."`. */
export function pinLines({ before, after }: PinChange): string[] {
  const was = Map.groupBy(before, shortName)
  const now = Map.groupBy(after, shortName)
  const names = [...new Set([...was.keys(), ...now.keys()])]
  const lines: string[] = []
  let shown = 0
  for (; shown < names.length && lines.length < maxLines; shown++) {
    const name = names[shown] ?? ""
    lines.push(...linesOf(name, was.get(name)?.[0], now.get(name)?.[0]))
  }
  const [fit, rest] = [lines.slice(0, maxLines), names.length - shown]
  return rest > 0 || fit.length < lines.length
    ? [...fit, `... and more; ${rest} definitions are not shown`]
    : lines
}

function linesOf(name: string, was: Approved | undefined, now: Approved | undefined): string[] {
  const kind = (was ?? now)?.kind ?? "tools"
  return differencesOf({ kind, was: was?.text, text: now?.text }).flatMap(({ member, ...texts }) => [
    ...(texts.was === undefined ? [] : [clip(`- ${name} ${member}: ${texts.was}`)]),
    ...(texts.now === undefined ? [] : [clip(`+ ${name} ${member}: ${texts.now}`)]),
  ])
}

function clip(line: string): string {
  return line.length > maxLine ? `${line.slice(0, maxLine)}...` : line
}

function membersOf(json: string | undefined): ReadonlyMap<string, string> {
  return new Map(json === undefined ? [] : canonicalMembers(json))
}

function differenceOf(member: string, was: string | undefined, now: string | undefined): Difference {
  const at = was === undefined || now === undefined ? undefined : firstDifference(was, now)
  return {
    member: visibleJson(member.slice(0, maxMember)),
    was: excerpt(was, at),
    now: excerpt(now, at),
    at: sayWhere(was, now, at),
  }
}

function firstDifference(was: string, now: string): number {
  let at = 0
  while (at < was.length && was[at] === now[at]) at++
  return at
}

const maxMember = 200
const maxShown = 2_048
/** Kept of what stands before it: few enough to be shown in a line, all written as escapes. */
const before = 100

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
