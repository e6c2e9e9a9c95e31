/** A log of ten thousand entries, damaged past the gateway, and what a verification finds of it. */

import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { cp, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { backup, DatabaseSync, type SQLInputValue } from "node:sqlite"
import { after } from "node:test"
import type { Verdict } from "../../../src/domain/audit/verdict.ts"
import { verifyFolder } from "../../../src/stores/sqlite/verification/verify-folder.ts"
import { makePlaces, openWriter, placesIn, recordCalls, remove, type Places } from "./reader-kit.ts"

/** Three streams of which the last is still written: it has entries that no checkpoint covers yet. */
async function writeLog(): Promise<{ readonly pristine: Places; readonly yesterday: Places }> {
  const places = await makePlaces()
  const yesterday = await makePlaces()
  const pristine = await makePlaces()
  for (const calls of [1_000, 2_300]) {
    const writer = await openWriter(places)
    await recordCalls(writer, calls, { callId: `c${calls}` })
    await writer.close(0)
  }
  await cp(places.data, yesterday.data, { recursive: true })
  const writer = await openWriter(places)
  await recordCalls(writer, 1_700, { callId: "last" })
  do {
    await recordCalls(writer, 10, { callId: `more${writer.head().seq}` })
    await copyLive(places, pristine)
  } while (shapeOf(pristine).at(-1)?.covered === writer.head().seq)
  await writer.close(0)
  await remove(places)
  return { pristine, yesterday }
}

/** Of a log that is being written; the file of checkpoints first, so that it tells of nothing that is not there. */
async function copyLive(places: Places, copy: Places): Promise<void> {
  await cp(places.keysFolder, copy.keysFolder, { recursive: true })
  await mkdir(copy.folder, { recursive: true })
  await cp(join(places.folder, "checkpoints"), join(copy.folder, "checkpoints"))
  using db = new DatabaseSync(join(places.folder, "log.db"), { readOnly: true })
  await backup(db, join(copy.folder, "log.db"))
}

export type Shape = { readonly id: number; readonly name: string; readonly size: number; readonly covered: number }

function shapeOf({ folder }: Places): readonly Shape[] {
  const db = new DatabaseSync(join(folder, "log.db"))
  const shapes = db.prepare(
    `SELECT id, name, (SELECT max(seq) FROM entries WHERE stream = streams.id) AS size,
      (SELECT max(size) FROM checkpoints WHERE stream = streams.id) AS covered FROM streams ORDER BY id`,
  )
  const found = shapes.all() as unknown as Shape[]
  db.close()
  return found
}

export const { pristine, yesterday } = await writeLog()
export const damaged = await makePlaces()
await cp(pristine.data, damaged.data, { recursive: true })
after(() => Promise.all([pristine, yesterday, damaged].map(remove)))

export const [first, second, last] = shapeOf(pristine) as [Shape, Shape, Shape]
const files = ["audit/log.db", "audit/checkpoints", "keys/audit.pub"] as const
const originals = files.map((file) => [file, readFileSync(join(pristine.data, file))] as const)
export const publicKey = readFileSync(join(pristine.keysFolder, "audit.pub"), "utf8")
export const checkpoints = readFileSync(join(pristine.folder, "checkpoints"), "utf8")

export type Damage = (db: DatabaseSync) => void
type Given = { readonly publicKey?: string; readonly checkpoints?: string }

export async function verdictOf(damage: Damage, given: Given = {}): Promise<Verdict> {
  for (const suffix of ["-wal", "-shm"]) rmSync(join(damaged.folder, `log.db${suffix}`), { force: true })
  for (const [file, bytes] of originals) writeFileSync(join(damaged.data, file), bytes)
  const db = new DatabaseSync(join(damaged.folder, "log.db"))
  try {
    db.exec("PRAGMA synchronous = OFF")
    damage(db)
  } finally {
    db.close()
  }
  return verifyFolder({ ...placesIn(damaged.data), ...given })
}

/** Kind, stream and first bad entry. */
export async function found(damage: Damage, given: Given = {}): Promise<string> {
  const { ok, damage: what } = await verdictOf(damage, given)
  assert.equal(ok, what === undefined)
  return what ? `${what.kind} ${streamOf(what.stream)} ${what.seq}` : "ok"
}

function streamOf(name: string): string {
  return String([first, second, last].find((shape) => shape.name === name)?.id ?? name)
}

export type Position = { readonly name: string; readonly stream: number; readonly seq: number }

export const positions: readonly Position[] = [
  { name: "the first", stream: first.id, seq: 1 },
  { name: "the middle", stream: second.id, seq: 2_345 },
  { name: "at a checkpoint", stream: second.id, seq: checkpointIn(second) },
  { name: "after the last checkpoint", stream: last.id, seq: last.covered + 1 },
  { name: "the last", stream: last.id, seq: last.size },
]

export function checkpointIn({ id }: Shape): number {
  const db = new DatabaseSync(join(pristine.folder, "log.db"))
  const row = db
    .prepare("SELECT size FROM checkpoints WHERE stream = ? AND size > 500 ORDER BY size LIMIT 1")
    .get(id)
  db.close()
  return Number(row?.["size"])
}

export function atEach(sql: string, ...values: readonly SQLInputValue[]): (at: Position) => Damage {
  return ({ stream, seq }) =>
    (db) =>
      assert.equal(db.prepare(sql).run(...values, stream, seq).changes, 1)
}

export const place = "WHERE stream = ? AND seq = ?"
