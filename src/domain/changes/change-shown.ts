/**
 * Changes as they may be shown and kept: the lines that differ, without the values of headers and variables, without
 * hashes, and without what a store counts for itself.
 */

import * as z from "zod"
import type { Change, KeptValues } from "./change.ts"
import { diffLines, type ShownJson } from "./json-diff.ts"
import { hidden } from "../secrets/placeholder.ts"
import { pinLines } from "../pins/pin-lines.ts"
import { redactRaw } from "../services/service-shown.ts"

const maxLineLength = 8_000
const maxLines = 500
/** In all of a plan. */
const maxShownLength = 48 * 1_024

export const shownChangeSchema = z.strictObject({
  subject: z.string().max(32),
  name: z.string().max(256),
  effect: z.enum(["create", "update", "remove", "do"]),
  diff: z
    .array(z.string().max(maxLineLength))
    .max(maxLines + 1)
    .describe('Lines: "- path: value" as it was, "+ path: value" as it will be.'),
  cut: z.literal(true).optional().describe("Where there is more of it than is shown: then nobody can approve it."),
})

export type ShownChange = z.output<typeof shownChangeSchema>

/** All of a plan's. */
export function showChanges(changes: readonly Change[]): ShownChange[] {
  let left = maxShownLength
  return changes.map(showChange).map((shown) => {
    const fit = shown.diff.filter((line) => (left -= line.length) >= 0)
    return fit.length === shown.diff.length ? shown : { ...shown, ...cutTo(fit, shown.diff.length) }
  })
}

export function showChange(change: Change): ShownChange {
  const shown = showAll(change)
  const fit = shown.diff.slice(0, maxLines).map(cutLine)
  if (fit.length < shown.diff.length) return { ...shown, ...cutTo(fit, shown.diff.length) }
  return fit.every((line, at) => line === shown.diff[at]) ? shown : { ...shown, diff: fit, cut: true }
}

function cutLine(line: string): string {
  return line.length > maxLineLength ? `${line.slice(0, maxLineLength - 3)}...` : line
}

function cutTo(fit: string[], count: number): Pick<ShownChange, "diff" | "cut"> {
  return { diff: [...fit, `... and ${count - fit.length} lines more`], cut: true }
}

function showAll(change: Change): ShownChange {
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
  const real = withTimes(withoutKept(value)) as Record<string, unknown>
  return { real, shown: withoutHashes(real) }
}

/** What the store, not the change, decides. */
const kept = new Set(["id", "version", "counter", "createdAtMs", "createdBy", "changedAtMs"])
const hashes = new Set(["hash", "passwordHash"])

function withoutKept(value: KeptValues[keyof KeptValues] | object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !kept.has(name)))
}

/** Epoch ms as people read them: `expiresAtMs: 0` -> `expiresAt: "1970-01-01T00:00:00.000Z"`. */
function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) =>
      name.endsWith("AtMs") && isInstant(held)
        ? [name.slice(0, -"Ms".length), new Date(held).toISOString()]
        : [name, withTimes(held)],
    ),
  )
}

/** ECMA-262 has no other. */
const lastInstantMs = 8.64e15

function isInstant(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= lastInstantMs
}

function withoutHashes(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, hashes.has(name) ? hidden : held]))
}
