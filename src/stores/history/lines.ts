/**
 * The lines of a history file, each a JSON object that holds the digest of the line before it.
 *
 * A file begins with its head and with the services as they were then; then come revisions, and behind each what became
 * of it. What a line is in the whole of a file: segment.ts.
 */

import { hash } from "node:crypto"
import * as z from "zod"

export const format = 1

const number = z.int().positive()
const instant = z.int().nonnegative()
const text = z.string().max(4_096)
const sealed = z.array(z.string())

const head = z.strictObject({
  kind: z.literal("segment"),
  format: z.literal(format),
  first: number,
  atMs: instant,
})
const service = z.strictObject({ kind: z.literal("service"), name: text, sealed })
const author = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("principal"), id: text, name: text }),
  z.strictObject({ kind: z.enum(["file", "start"]) }),
])
const change = z.strictObject({
  subject: text,
  id: text,
  name: text,
  effect: z.enum(["create", "update", "remove", "do"]),
  diff: z.array(z.string()),
  sealed,
})
const revision = z.strictObject({
  kind: z.literal("revision"),
  number,
  atMs: instant,
  who: author,
  operation: text.exactOptional(),
  plan: text.exactOptional(),
  why: text.exactOptional(),
  changes: z.array(change),
})
const outcome = z.strictObject({
  kind: z.literal("outcome"),
  number,
  done: z.array(z.int().nonnegative()).readonly(),
})

const previous = { previous: z.string().max(64) }
const line = z.discriminatedUnion("kind", [
  head.extend(previous),
  service.extend(previous),
  revision.extend(previous),
  outcome.extend(previous),
])

export type Line = z.output<typeof line>
export type RevisionLine = Extract<Line, { kind: "revision" }>
export type LineBody =
  | z.output<typeof head>
  | z.output<typeof service>
  | z.output<typeof revision>
  | z.output<typeof outcome>

/** Of the line before the very first. */
export const noLine = ""

/** Without the line's end. */
export function digestOf(text: string | Uint8Array): string {
  return hash("sha256", text, "base64url")
}

export function writeLine(body: LineBody, previous: string): { readonly text: string; readonly digest: string } {
  const text = JSON.stringify({ ...body, previous })
  return { text: `${text}\n`, digest: digestOf(text) }
}

/** @returns undefined for what no gateway of this format wrote */
export function readLine(bytes: Uint8Array): Line | undefined {
  try {
    return line.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)))
  } catch {
    return undefined
  }
}
