/**
 * The lines of a JSON Lines export, which hold all that is needed to verify it elsewhere: the history of the signing
 * keys, where each stream begins, entries and checkpoints in order, and how much there should be. Redacted copies are
 * not among them, so that what is erased is erased. Who writes them: stores/sqlite/export.ts.
 */

import * as z from "zod"

const count = z.int().nonnegative()

const base = z.strictObject({
  /** The entries before the first of this export. */
  size: count,
  /** The hash of the last of them; empty where there are none. */
  head: z.string(),
  /** Their Merkle frontier, in base64. */
  frontier: z.base64(),
})

const lineSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("key"),
    /** `audit.pub` as it stands. */
    history: z.string(),
    /** Whether the export is of a range. */
    partial: z.boolean(),
  }),
  z.strictObject({ type: z.literal("stream"), name: z.string(), base }),
  z.strictObject({ type: z.literal("entry"), hash: z.string(), body: z.looseObject({}) }),
  z.strictObject({ type: z.literal("checkpoint"), stream: z.string(), size: count, note: z.string() }),
  z.strictObject({ type: z.literal("end"), entries: count, streams: count, checkpoints: count }),
])

export type ExportLine = z.output<typeof lineSchema>

/** @param body the canonical text, which stands in the line as it is */
export function writeEntryLine(hash: string, body: string): string {
  return `${entryBegin(hash)}${body}}`
}

function entryBegin(hash: string): string {
  return `{"type":"entry","hash":"${hash}","body":`
}

export function writeLine(line: Exclude<ExportLine, { readonly type: "entry" }>): string {
  return JSON.stringify(line)
}

export type ReadLine = Exclude<ExportLine, { readonly type: "entry" }> | EntryLine

type EntryLine = {
  readonly type: "entry"
  readonly hash: string
  /** As it stands in the line: what is hashed. */
  readonly body: string
  readonly stream: unknown
  readonly seq: unknown
}

/** Undefined for what is no line of an export, or is one in another form than it was written in. */
export function readLine(text: string): ReadLine | undefined {
  const line = lineSchema.safeParse(parse(text)).data
  if (line?.type !== "entry") return line
  const begin = entryBegin(line.hash)
  if (!text.startsWith(begin)) return undefined
  const { stream, seq } = line.body
  return { type: "entry", hash: line.hash, body: text.slice(begin.length, -1), stream, seq }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
