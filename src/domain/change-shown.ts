/**
 * Changes as they may be shown and kept: the lines that differ, without the values of headers and variables, without
 * hashes, and without what a store counts for itself.
 */

import * as z from "zod"
import type { Change, KeptValues } from "./change.ts"
import { diffLines, type ShownJson } from "./json-diff.ts"
import { hidden } from "./placeholder.ts"
import { pinLines } from "./pins/difference.ts"
import { redactRaw } from "./service-shown.ts"

export const shownChangeSchema = z.strictObject({
  subject: z.string().max(32),
  name: z.string().max(256),
  effect: z.enum(["create", "update", "remove", "do"]),
  diff: z
    .array(z.string().max(1_024))
    .max(256)
    .describe('Lines: "- path: value" as it was, "+ path: value" as it will be.'),
})

export type ShownChange = z.output<typeof shownChangeSchema>

/** What is longer is left out, and counted. */
const maxLineLength = 1_000
const maxLines = 200
/** In all of a plan. */
const maxShownLength = 32 * 1_024

export function showChanges(changes: readonly Change[]): ShownChange[] {
  let left = maxShownLength
  return changes.map(showChange).map((shown) => {
    const lines = shown.diff.slice(0, maxLines).map((line) => line.slice(0, maxLineLength))
    const fit = lines.filter((line) => (left -= line.length) > 0)
    const missing = shown.diff.length - fit.length
    return { ...shown, diff: missing === 0 ? fit : [...fit, `... and ${missing} lines more`] }
  })
}

export function showChange(change: Change): ShownChange {
  const { subject, name } = change
  if (change.subject === "deed") return { subject, name, effect: "do", diff: [change.words] }
  if (change.subject === "pins") return { subject, name, effect: "update", diff: pinLines(change) }
  const effect = change.before === undefined ? "create" : change.after === undefined ? "remove" : "update"
  return { subject, name, effect, diff: diffLines(facesOf(change, "before"), facesOf(change, "after")) }
}

type Diffable = Exclude<Change, { readonly subject: "deed" | "pins" }>

function facesOf(change: Diffable, side: "before" | "after"): ShownJson | undefined {
  const value = change[side]
  if (value === undefined) return undefined
  if (change.subject === "service") return { real: value, shown: redactRaw(value) }
  const real = withoutKept(value)
  return { real, shown: withoutHashes(real) }
}

/** What the store, not the change, decides. */
const kept = new Set(["id", "version", "counter", "createdAtMs", "createdBy", "changedAtMs"])
const hashes = new Set(["hash", "passwordHash"])

function withoutKept(value: KeptValues[keyof KeptValues] | object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !kept.has(name)))
}

function withoutHashes(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, hashes.has(name) ? hidden : held]))
}
