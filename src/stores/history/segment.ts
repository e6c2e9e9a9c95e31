/**
 * One file of the history, read and checked: each line one of ours, each chained to the line before it, revisions
 * numbered without a gap. Where a file is not like that it is told, and nothing of it is passed over.
 */

import { open } from "node:fs/promises"
import { join } from "node:path"
import { GatewayError } from "../../errors.ts"
import { digestOf, readLine, type Line } from "./lines.ts"

export type PlacedLine = { readonly line: Line; readonly digest: string }

export type Segment = {
  readonly lines: readonly PlacedLine[]
  /** Of its last line. */
  readonly digest: string
  /** The number of its last revision; that before its first where it has none. */
  readonly last: number
  /** Bytes of whole lines, and what stands behind them: a line that was being written when the process ended. */
  readonly bytes: number
  readonly torn: number
  /** Of the lines ahead of its first revision. */
  readonly baseBytes: number
}

/** Far above what rotation lets a file become. */
const maxBytes = 1_024 * 1_024 * 1_024
const groupAndOthers = 0o077
const newline = 0x0a

/** `000000000001.jsonl`: by its first revision. */
export function nameOf(first: number): string {
  return `${String(first).padStart(12, "0")}.jsonl`
}

/** @throws GatewayError `conflict` naming file and line */
export async function readSegment(folder: string, first: number): Promise<Segment> {
  const bytes = await readBytes(folder, nameOf(first))
  const end = bytes.lastIndexOf(newline) + 1
  const lines: PlacedLine[] = []
  let last = first - 1
  let baseBytes = 0
  for (let at = 0; at < end;) {
    const next = bytes.indexOf(newline, at)
    const text = bytes.subarray(at, next)
    const line = readLine(text)
    const why = line === undefined ? "it is not a line of a history" : wrongIn(line, lines, { first, last })
    if (line === undefined || why !== undefined) throw damaged(first, `line ${lines.length + 1}`, why ?? "")
    if (line.kind === "revision") last = line.number
    lines.push({ line, digest: digestOf(text) })
    at = next + 1
    if (line.kind === "segment" || line.kind === "service") baseBytes = at
  }
  const digest = lines.at(-1)?.digest
  if (digest === undefined) throw damaged(first, "line 1", noHead)
  return { lines, digest, last, bytes: end, torn: bytes.length - end, baseBytes }
}

async function readBytes(folder: string, name: string): Promise<Buffer> {
  try {
    await using file = await open(join(folder, name), "r")
    const { mode, size } = await file.stat()
    if ((mode & groupAndOthers) !== 0)
      throw unusable(name, "others than its owner can read or write it; chmod 600 it")
    if (size > maxBytes) throw unusable(name, `it is larger than ${maxBytes} bytes`)
    return await file.readFile()
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw unusable(name, `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`, cause)
  }
}

export const noHead = "the head of the file is missing"

function wrongIn(
  line: Line,
  before: readonly PlacedLine[],
  { first, last }: { readonly first: number; readonly last: number },
): string | undefined {
  const lastLine = before.at(-1)
  if (lastLine === undefined) {
    return line.kind === "segment" && line.first === first ? undefined : noHead
  }
  if (line.previous !== lastLine.digest) return "the line before it was changed, taken out or put in"
  if (line.kind === "segment") return "a second head stands there"
  if (line.kind === "revision" && line.number !== last + 1) return `revision ${last + 1} is missing`
  if (line.kind === "outcome" && (line.number !== last || lastLine.line.kind !== "revision"))
    return "it tells of nothing before it"
  return undefined
}

/** @throws GatewayError `conflict` where the file is not the one that the next was begun behind */
export function checkSuccession(
  first: number,
  { digest, last, torn, lines }: Segment,
  next: { readonly first: number; readonly previous: string },
): void {
  if (torn > 0 || digest !== next.previous || last + 1 !== next.first)
    throw damaged(first, `line ${lines.length}`, `it does not end where ${nameOf(next.first)} begins`)
}

export function damaged(first: number, place: string, why: string): GatewayError {
  return unusable(nameOf(first), `at ${place} ${why}`)
}

const remedy =
  "It was left as it is. Restore it from a backup, or move the folder away to begin a new history with the configuration as it is."

function unusable(name: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError("conflict", `history/${name} in the data folder cannot be used: ${why}. ${remedy}`, {
    cause,
  })
}
