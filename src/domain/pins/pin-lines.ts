/**
 * An approval in lines, for plans and history: `- tools/echo description: "..."` as it was approved, `+` as it will be,
 * `~` where the two part, since they may look alike. All of it is said, or so much that it is seen that not all is.
 */

import { visibleJson } from "../visible-text.ts"
import { changedMembers, whereTheyPart } from "./difference.ts"
import { keyOf } from "./judge.ts"
import type { Approved, PinChange } from "./pin.ts"

/** More than anybody is shown of one change: to write escapes takes its time. */
const maxLine = 10_000
const maxLines = 1_000
const maxLength = 100_000

export function pinLines(change: PinChange): string[] {
  const lines: string[] = []
  let length = 0
  for (const line of allLines(change)) {
    lines.push(line)
    length += line.length
    if (lines.length >= maxLines || length >= maxLength) break
  }
  return lines
}

function* allLines({ before, after }: PinChange): Generator<string> {
  const [was, now] = [Map.groupBy(before, keyOf), Map.groupBy(after, keyOf)]
  for (const key of new Set([...was.keys(), ...now.keys()])) {
    const [old, young] = [was.get(key) ?? [], now.get(key) ?? []]
    for (let at = 0; at < Math.max(old.length, young.length); at++) yield* linesOf(old[at], young[at])
  }
}

function* linesOf(was: Approved | undefined, now: Approved | undefined): Generator<string> {
  const one = now ?? was
  if (!one || was?.digest === now?.digest) return
  const name = one.kind === "instructions" ? "" : `${one.kind}/${visible(one.name)} `
  for (const change of changedMembers({ kind: one.kind, was: was?.text, text: now?.text })) {
    const member = `${name}${visible(change.member)}`
    if (change.was !== undefined) yield `- ${member}: ${visible(change.was)}`
    if (change.now !== undefined) yield `+ ${member}: ${visible(change.now)}`
    const where = whereTheyPart(change.was, change.now)
    if (where !== undefined) yield `~ ${member}: ${where}`
  }
  if (was && was.text === undefined) yield `- ${name}SHA-256 ${was.digest}`
  if (now && now.text === undefined) yield `+ ${name}SHA-256 ${now.digest}`
}

function visible(json: string): string {
  return visibleJson(json.slice(0, maxLine))
}
