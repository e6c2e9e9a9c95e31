/** What is sent to a sink at a time: some of the entries after its position, as lines. */

import { toCef } from "../domain/audit/formats/cef.ts"
import { bodyOf } from "../domain/audit/chain.ts"
import type { Entry, KeptEntry } from "../domain/audit/entry.ts"
import { writeEntryLine } from "../domain/audit/formats/export-lines.ts"
import type { ExportFormat } from "../domain/audit/log.ts"
import { toOcsf } from "../domain/audit/formats/ocsf.ts"
import type { Position } from "./positions.ts"
import type { Item } from "./sink.ts"

/** `id` is that of the log's row. */
export type SinkEntry = { readonly id: number; readonly kept: KeptEntry }

export type Batch = {
  /** Not empty. */
  readonly items: readonly Item[]
  /** Where the sink is once it has them. */
  readonly position: Position
  /** How many entries were dropped from the log before them. */
  readonly lost: number
}

export type BatchRule = {
  /** The id of the last entry that was delivered. */
  readonly after: number
  readonly format: ExportFormat
  /** Of the gateway. */
  readonly version: string
  readonly nowMs: number
}

export const pageSize = 500
const mostBytes = 512 * 1_024

/** As much as one batch may hold, and always one entry at least. Undefined where there is none. */
export function firstBatch(page: readonly SinkEntry[], rule: BatchRule): Batch | undefined {
  const [first] = page
  if (first === undefined) return undefined
  const lost = first.id - rule.after - 1
  const items: Item[] = lost > 0 ? [itemOf(lossBefore(first, lost, rule), rule)] : []
  let last = first
  let bytes = 0
  for (const entry of page) {
    const item = itemOf(entry.kept, rule)
    bytes += Buffer.byteLength(item.line) + 1
    if (bytes > mostBytes && entry !== first) break
    items.push(item)
    last = entry
  }
  return { items, lost, position: { id: last.id, key: keyOf(last) } }
}

export function keyOf({ kept }: SinkEntry): string {
  return keyOfEntry(kept.entry)
}

function keyOfEntry({ stream, seq }: Entry): string {
  return `${stream}/${seq}`
}

function itemOf(kept: KeptEntry, { format, version }: BatchRule): Item {
  return { key: keyOfEntry(kept.entry), kept, line: lineOf(kept, format, version) }
}

function lineOf(kept: KeptEntry, format: ExportFormat, version: string): string {
  if (format === "cef") return toCef(kept, version)
  if (format === "ocsf") return JSON.stringify(toOcsf(kept, version))
  if (kept.entry.stream === lossStream) return JSON.stringify({ type: "lost", ...kept.entry.detail })
  return writeEntryLine(kept.hash, bodyOf(kept.entry))
}

const lossStream = "lost"

/** Told as a gap, though it is no entry of the log: `seq` is the id of the last one that was dropped. */
function lossBefore(first: SinkEntry, lost: number, { nowMs }: BatchRule): KeptEntry {
  const detail = { entries: lost, before: keyOf(first), reason: "Dropped by retention before it was delivered." }
  const entry: Entry = { stream: lossStream, seq: first.id - 1, kind: "gap", timeMs: nowMs, previous: "", detail }
  return { entry, hash: "" }
}
