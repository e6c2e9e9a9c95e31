/**
 * One page of entries, the newest first. Whatever the filter, a page reads a bounded number of rows: where matches are
 * rare it ends early, with a cursor to go on from. Which index it follows: page-plan.ts.
 */

import type { DatabaseSync } from "node:sqlite"
import * as z from "zod"
import type { EntryFilter } from "../../../domain/audit/log.ts"
import type { KeptEntry } from "../../../domain/audit/entry.ts"
import type { Page } from "../../../domain/collection.ts"
import { GatewayError } from "../../../errors.ts"
import { copyReader, readKept, type KeptRow } from "./reader-entry.ts"
import { readCursor, writeCursor } from "./reader-cursor.ts"
import { readAtOnce } from "./reader-database.ts"
import { foundColumns, foundLater } from "../schema.ts"
import { planOf, valuesOf, whereOf, type Place, type Plan } from "./page-plan.ts"

export type PageRequest = { readonly cursor?: string; readonly limit: number }

/** Rows looked at for one page. */
const scannedRows = 10_000
/** A page holds one entry more than fits, never less than one. */
const pageBytes = 4 * 1_024 * 1_024
const maxLimit = 1_000

const placeSchema = z.tuple([z.int(), z.int()])

/** @throws GatewayError `invalid` for a cursor or a limit that cannot be */
export function readPage(db: DatabaseSync, filter: EntryFilter, { cursor, limit }: PageRequest): Page<KeptEntry> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new GatewayError("invalid", `limit must be a whole number from 1 to ${maxLimit}.`)
  }
  const after = cursor === undefined ? undefined : placeOf(cursor)
  return readAtOnce(db, () => {
    const plan = planOf(db, filter, after)
    const { items, last } = collect(db, plan, limit)
    const next = last ?? lastScanned(db, plan)
    return next === undefined ? { items } : { items, nextCursor: writeCursor([next.time, next.id]) }
  })
}

function placeOf(cursor: string): Place {
  const [time, id] = readCursor(cursor, placeSchema)
  return { time, id }
}

type Collected = {
  readonly items: readonly KeptEntry[]
  /** Of a page that is full. */
  readonly last?: Place
}

function collect(db: DatabaseSync, plan: Plan, limit: number): Collected {
  // the rows keep the order of the scan, for nothing else asks for one
  const scanned = `(${scan(plan)} LIMIT ${scannedRows}) AS scanned`
  const places = db.prepare(`SELECT id, time FROM ${scanned} WHERE ${whereOf(plan.rest)} LIMIT ${limit}`)
  const entryOf = db.prepare("SELECT stream, seq, hash, body FROM entries WHERE id = ?")
  const copyOf = copyReader(db)
  const values = valuesOf(plan.way.conditions)
  const items: KeptEntry[] = []
  let bytes = 0
  for (const place of places.iterate(...values, ...values, ...valuesOf(plan.rest))) {
    const { id, time } = place as Place
    const row = entryOf.get(id) as KeptRow
    const item = readKept(row, copyOf(row))
    items.push(item)
    bytes += row.body.length + (item.copy?.length ?? 0)
    if (items.length === limit || bytes > pageBytes) return { items, last: { time, id } }
  }
  return { items }
}

/** Where the scan ended, if it did before the rows did. */
function lastScanned(db: DatabaseSync, plan: Plan): Place | undefined {
  const row = db.prepare(`SELECT time, id FROM (${scan(plan)} LIMIT 1 OFFSET ${scannedRows - 1})`)
  const values = valuesOf(plan.way.conditions)
  return row.get(...values, ...values) as Place | undefined
}

/** All that a plan may ask of a row; its body is read once it is known to match. The conditions come twice. */
function scan({ way }: Plan): string {
  const where = whereOf(way.conditions)
  return `SELECT ${foundColumns} FROM found_by INDEXED BY ${way.index} WHERE ${where}
    UNION ALL SELECT ${foundColumns} FROM (${foundLater}) WHERE ${where} ORDER BY time DESC, id DESC`
}
