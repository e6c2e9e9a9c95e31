/** A small log, written in memory as the gateway writes its own, so that a test can then damage it piece by piece. */

import { generateKeyPairSync, hash, type KeyObject } from "node:crypto"
import { bodyOf, hashOf, toText } from "../../../src/domain/audit/chain.ts"
import { noPrevious, noteDigest, writeCheckpoint } from "../../../src/domain/audit/checkpoint.ts"
import type { Entry, EntryDraft } from "../../../src/domain/audit/entry.ts"
import { addRotation, readKeyHistory, trustedFrom } from "../../../src/domain/audit/key-history.ts"
import { Frontier } from "../../../src/domain/audit/merkle.ts"
import { writeRetention } from "../../../src/domain/audit/retention-note.ts"
import { signerOf, type Signer } from "../../../src/domain/audit/signed-note.ts"
import type { Verdict } from "../../../src/domain/audit/verdict.ts"
import { LogVerifier, type VerifyItem } from "../../../src/domain/audit/verification/verify.ts"

const logName = "mcp-meta-0123456789ab"

export type Row = { seq: number; body: string; hash: Buffer; columns?: string; copy?: string }
export type Note = { size: number; note: string }
export type Stream = {
  name: string
  base: { size: number; head: string; frontier: Buffer }
  rows: Row[]
  notes: Note[]
}

export type Log = {
  streams: Stream[]
  /** The file of checkpoints. */
  file: string[]
  keys: string
  signer: Signer
}

const generate = (): KeyObject => generateKeyPairSync("ed25519").privateKey

export function newLog(): Log {
  const signer = signerOf(logName, generate())
  return { streams: [], file: [], keys: `${signer.vkey}\n`, signer }
}

export function beginStream(log: Log): void {
  const before = log.streams.at(-1)
  const name = `2026-11-21T07-59-${String(log.streams.length).padStart(2, "0")}`
  log.streams.push({ name, base: { size: 0, head: "", frontier: Buffer.alloc(0) }, rows: [], notes: [] })
  const link = before && {
    previousStream: before.name,
    previousSize: sizeOf(before),
    previousHash: headOf(before),
  }
  append(log, { kind: "opening", timeMs: 1_000, detail: { version: "0.1.0", ...link } })
}

export function append(log: Log, draft: EntryDraft, copy?: string): void {
  const stream = current(log)
  const [seq, previous] = [sizeOf(stream) + 1, headOf(stream)]
  const digest = copy === undefined ? {} : { copy: toText(hash("sha256", copy, "buffer")) }
  const body = bodyOf({ ...draft, ...digest, stream: stream.name, seq, previous })
  stream.rows.push({ seq, body, hash: hashOf(body), ...(copy !== undefined && { copy }) })
}

/** As `bodyOf` a changed entry would be, with everything after it chained anew, as far as no key is needed for it. */
export function rechain(stream: Stream, from: number, change: (entry: Entry) => Entry): void {
  let previous = headAt(stream, from - 1)
  for (const row of stream.rows.filter(({ seq }) => seq >= from)) {
    const entry = JSON.parse(row.body) as Entry
    row.body = bodyOf({ ...(row.seq === from ? change(entry) : entry), seq: row.seq, previous })
    row.hash = hashOf(row.body)
    previous = toText(row.hash)
  }
}

export function appendCalls(log: Log, calls: number): void {
  for (let index = 0; index < calls; index += 1) {
    append(
      log,
      { kind: "start", timeMs: 2_000 + index, callId: `call-${index}`, principal: "ann" },
      `{"n":${index}}`,
    )
  }
}

export function checkpoint(log: Log, { final = false, filed = true } = {}): void {
  const stream = current(log)
  const replaced = stream.notes.at(-1)?.size === sizeOf(stream)
  if (replaced && !final) return
  if (replaced) stream.notes.pop()
  const note = signNote(log, stream, { size: sizeOf(stream), final })
  stream.notes.push(note)
  if (filed) log.file.push(note.note)
}

/** As the log's newest checkpoint. */
export function signNote(
  log: Log,
  stream: Stream,
  { size, final = false }: { size: number; final?: boolean },
): Note {
  const root = frontierAt(stream, size).root()
  const head = headAt(stream, size)
  const before = log.streams.flatMap(({ notes }) => notes).at(-1)
  const previous = before ? noteDigest(before.note) : noPrevious
  const place = { log: logName, stream: stream.name, size, root, head }
  const text = writeCheckpoint({ ...place, timeMs: 5_000, previous, final })
  return { size, note: log.signer.sign(text) }
}

export function closeStream(log: Log): void {
  append(log, { kind: "closing", timeMs: 9_000 })
  checkpoint(log, { final: true })
}

export function rotate(log: Log): void {
  append(log, { kind: "rotation", timeMs: 3_000 })
  const signer = signerOf(logName, generate())
  log.keys = addRotation(log.keys, log.signer, { vkey: signer.vkey, timeMs: 3_000 })
  log.signer = signer
  checkpoint(log)
}

/** Drops what comes before a checkpoint of a stream, and the streams before that one whole. */
export function retain(log: Log, { stream: order, size }: { stream: number; size: number }): void {
  recordRetention(log, { stream: order, size })
  drop(log, { stream: order, size })
}

export function recordRetention(log: Log, { stream: order, size }: { stream: number; size: number }): void {
  const lastStream = log.streams[order]?.name ?? ""
  const note = log.signer.sign(writeRetention({ stream: lastStream, size, timeMs: 4_000 }))
  append(log, { kind: "retention", timeMs: 4_000, detail: { lastStream, lastSeq: size, note } })
}

export function drop(log: Log, { stream: order, size }: { stream: number; size: number }): void {
  for (const stream of log.streams.slice(0, order)) dropUpTo(stream, sizeOf(stream))
  const last = log.streams[order]
  if (last) dropUpTo(last, size)
}

function dropUpTo(stream: Stream, size: number): void {
  const base = { size, head: headAt(stream, size), frontier: frontierAt(stream, size).write() }
  stream.rows = stream.rows.filter(({ seq }) => seq > size)
  stream.base = base
}

/** Two streams that are over and one that is written: 40, 40 and 25 entries, a checkpoint every ten. */
export function smallLog(): Log {
  const log = newLog()
  for (const calls of [38, 38]) {
    writeStream(log, calls)
    closeStream(log)
  }
  writeStream(log, 24)
  return log
}

/** Its opening and so many calls, with a checkpoint wherever ten more entries are there. */
export function writeStream(log: Log, calls: number): void {
  beginStream(log)
  for (let call = 0; call < calls; call += 1) {
    appendCalls(log, 1)
    if (sizeOf(current(log)) % 10 === 0) checkpoint(log)
  }
}

export type Asked = { vkey?: string; brought?: readonly string[]; extent?: "whole" | "range" }

export function itemsOf(log: Log): VerifyItem[] {
  return log.streams.flatMap(({ name, base, rows, notes }) => {
    const entries = rows.map((row) => ({ at: row.seq, item: { type: "entry", stream: name, ...row } as const }))
    const checkpoints = notes.map((note) => ({
      at: note.size + 0.5,
      item: { type: "checkpoint", stream: name, ...note } as const,
    }))
    const inside = [...entries, ...checkpoints].sort((a, b) => a.at - b.at).map(({ item }) => item)
    return [{ type: "stream", name, base } as const, ...inside]
  })
}

export function verify(log: Log, asked: Asked = {}): Verdict {
  return verifyItems(itemsOf(log), log, asked)
}

export function verifyItems(items: Iterable<VerifyItem>, log: Log, asked: Asked = {}): Verdict {
  const { vkey, brought = [], extent = "whole" } = asked
  const keys = trustedFrom(readKeyHistory(log.keys), vkey)
  const verifier = new LogVerifier({ keys, filed: log.file, brought, extent })
  for (const item of items) verifier.feed(item)
  return verifier.finish()
}

export function current(log: Log): Stream {
  const stream = log.streams.at(-1)
  if (stream === undefined) throw new Error("no stream was begun")
  return stream
}

export function sizeOf({ base, rows }: Stream): number {
  return rows.at(-1)?.seq ?? base.size
}

function headOf(stream: Stream): string {
  return headAt(stream, sizeOf(stream))
}

function headAt({ base, rows }: Stream, size: number): string {
  const row = rows.find(({ seq }) => seq === size)
  return row ? toText(row.hash) : base.head
}

function frontierAt({ base, rows }: Stream, size: number): Frontier {
  const frontier = Frontier.read(base.size, base.frontier)
  for (const row of rows) if (row.seq <= size) frontier.add(row.hash)
  return frontier
}
