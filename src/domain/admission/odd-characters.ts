/**
 * Characters that nobody sees and something obeys: a model, a terminal, whoever lays out a line. What languages and
 * emoji need of them is left alone: a joiner within an emoji or between letters that join, a selector after an emoji.
 */

import type { Text } from "./definition-texts.ts"
import { found, type Finding } from "./finding.ts"
import type { RuleId } from "./rules.ts"

const runs = /[\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+|[^\P{Cc}\t\n\r]+/gu
const around = 24
/** Invisible characters in one text that could be there by mistake. */
const mostByMistake = 8

/** @returns one finding of each kind at most */
export function findOddCharacters({ where, text, role }: Text): readonly Finding[] {
  const findings = new Map<RuleId, Finding>()
  const add = (id: RuleId, at: number, more?: string): void => {
    if (!findings.has(id)) findings.set(id, found(id, where, text.slice(Math.max(0, at - around), at + 80), more))
  }
  let unexplained = 0
  for (const { 0: run, index } of text.matchAll(runs)) {
    const before = lastOf(text.slice(Math.max(0, index - 2), index))
    if (isNeeded(run, before, text.slice(index + run.length))) continue
    for (const id of kindsOf(run, before)) add(id, index, id === "tag_characters" ? readTags(run) : undefined)
    unexplained += /[\p{Cf}\p{DI}]/u.test(run) ? Array.from(run).length : 0
    if (role === "name" && /[\p{Cf}\p{DI}\p{Cc}]/u.test(run)) add("invisible_in_name", index)
    if (unexplained <= mostByMistake) continue
    add("invisible_run", index)
    break
  }
  return [...findings.values()]
}

function lastOf(text: string): string {
  return Array.from(text).at(-1) ?? ""
}

const pictograph = /^[\p{Extended_Pictographic}\p{Emoji}\p{Emoji_Modifier}]/u
const joins = /^[\p{L}\p{M}]/u
const joinsNot = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u

/** Whether emoji and scripts are written so. */
function isNeeded(run: string, before: string, after: string): boolean {
  if (run === "\ufe0e" || run === "\ufe0f") return pictograph.test(before)
  if (/^\ufe0f?\u200d$/.test(run) && pictograph.test(before) && pictograph.test(after)) return true
  if (/^[\u{e0100}-\u{e01ef}]$/u.test(run)) return /\p{Ideographic}/u.test(before)
  if (/^[\u200c\u200d]$/.test(run)) return isJoining(before) && isJoining(after)
  return false
}

function isJoining(text: string): boolean {
  return joins.test(text) && !joinsNot.test(text)
}

const has =
  (pattern: RegExp) =>
  (run: string): boolean =>
    pattern.test(run)

/** What begins a sequence that a terminal obeys: ESC, and DCS, CSI and OSC as single characters. */
const starts = ["\u001b", "\u0090", "\u009b", "\u009d"]
const startsSequence = (run: string): boolean => starts.some((start) => run.includes(start))

const kinds: readonly (readonly [RuleId, (run: string) => boolean])[] = [
  ["tag_characters", has(/[\u{e0000}-\u{e007f}]/u)],
  ["bidi_control", has(/[\u202a-\u202e\u2066-\u2069]/)],
  ["variation_run", has(/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}|[\u{e0100}-\u{e01ef}]/u)],
  ["ansi_escape", startsSequence],
  ["control_character", (run) => /\p{Cc}/u.test(run) && !startsSequence(run)],
  ["bidi_mark", has(/[\u061c\u200e\u200f]/)],
  ["lone_surrogate", has(/\p{Cs}/u)],
  ["line_separator", has(/[\u2028\u2029]/)],
  ["private_use", has(/\p{Co}/u)],
]

/** @param before an emoji may have its own selector in front of what else is there */
function kindsOf(run: string, before: string): readonly RuleId[] {
  const rest = pictograph.test(before) ? run.replace(/^\ufe0f/, "") : run
  const ids = kinds.filter(([, holds]) => holds(rest)).map(([id]) => id)
  const invisible = Array.from(rest).filter((sign) => /[\p{Cf}\p{DI}]/u.test(sign)).length
  if (invisible === 0 || ids.length > 0) return ids
  return [invisible > 3 ? "invisible_run" : "invisible_character"]
}

/** What a model reads in tags: they are ASCII moved out of sight. */
function readTags(run: string): string {
  const letters = Array.from(run).map((sign) => (sign.codePointAt(0) ?? 0) - 0xe0000)
  const hidden = letters.filter((code) => code >= 0x20 && code < 0x7f)
  return `It reads: ${String.fromCodePoint(...hidden.slice(0, 100))}`
}
