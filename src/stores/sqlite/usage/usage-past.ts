/**
 * What was used in the past, charge by charge in the order of time, as quotas count it again after a restart: from the
 * entries of the last hour, and from sums before it, the finest that are kept.
 */

import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import * as z from "zod"
import type { PastUse } from "../../../domain/usage.ts"
import { readCursor, writeCursor } from "../reading/reader-cursor.ts"
import { readAtOnce } from "../reading/reader-database.ts"
import { foundLater } from "../schema.ts"
import { grainMs, keptFrom, segmentsOf, startOf, type Segment } from "./usage-segments.ts"
import { toNumber, type SumRow } from "./usage-sums.ts"

export type PastRequest = { readonly sinceMs: number; readonly nowMs: number; readonly cursor?: string }
export type PastPage = { readonly uses: readonly PastUse[]; readonly nextCursor?: string }

const rowsAtOnce = 1_000
const exactMs = grainMs.hour

const placeSchema = z.union([
  /** Of the sums: the bucket to go on with, and how many of its rows are told. */
  z.tuple([z.literal("sums"), z.int(), z.int().nonnegative()]),
  /** Of the entries: time and id of the last. */
  z.tuple([z.literal("entries"), z.int(), z.int()]),
])

type Place = z.output<typeof placeSchema>

export function pastPage(db: DatabaseSync, request: PastRequest): PastPage {
  const place = request.cursor === undefined ? undefined : readCursor(request.cursor, placeSchema)
  const exactFrom = Math.max(startOf(request.nowMs - exactMs, "minute"), request.sinceMs)
  const begin: Place = place ?? ["sums", Number.MIN_SAFE_INTEGER, 0]
  if (begin[0] === "entries") return entriesPage(db, exactFrom, begin)
  return sumsPage(db, { fromMs: request.sinceMs, toMs: startOf(request.nowMs - exactMs, "minute") }, begin)
}

type Span = { readonly fromMs: number; readonly toMs: number }

/** Bucket after bucket; a page is full with the bucket that fills it, unless that alone has too many rows. */
function sumsPage(db: DatabaseSync, { fromMs, toMs }: Span, [, bucket, told]: Place): PastPage {
  const segments = fromMs < toMs ? segmentsOf({ fromMs, toMs, coarsest: "minute" }, keptFrom(db)) : []
  for (const segment of segments) {
    const rows = sumRows(db, segment, { bucket, told })
    const last = rows.at(-1)
    if (last === undefined) continue
    const lastBucket = toNumber(last["bucket"])
    const ofLast = rows.filter((row) => row["bucket"] === last["bucket"]).length
    const toldNow = lastBucket === bucket ? told + ofLast : ofLast
    return {
      uses: rows.map((row) => fromSums(row, segment)),
      nextCursor: writeCursor(["sums", lastBucket, toldNow]),
    }
  }
  return { uses: [], nextCursor: writeCursor(["entries", Number.MIN_SAFE_INTEGER, 0]) }
}

const summed = "bytes_in + bytes_out AS bytes, compute_us AS compute, cost_micro_usd AS cost"
const sumRow = `SELECT bucket, principal_id, key, team, service, tool, started, ${summed} FROM usage`
const inOrder = "ORDER BY bucket, service, tool, principal_id, key, outcome, principal, team, tags"

function sumRows(
  db: DatabaseSync,
  { grain, fromMs, toMs }: Segment,
  { bucket, told }: { readonly bucket: number; readonly told: number },
): readonly SumRow[] {
  const isWithin = bucket >= fromMs && bucket < toMs
  if (bucket >= toMs) return []
  const where = "WHERE grain = ? AND bucket >= ? AND bucket < ?"
  const statement = db.prepare(`${sumRow} ${where} ${inOrder} LIMIT ${rowsAtOnce} OFFSET ?`)
  statement.setReadBigInts(true)
  return statement.all(grain, Math.max(bucket, fromMs), toMs, isWithin ? told : 0)
}

/** At the end of its bucket: later than it was, never earlier. */
function fromSums(row: SumRow, { grain }: Segment): PastUse {
  return {
    timeMs: toNumber(row["bucket"]) + grainMs[grain] - 1,
    principalId: String(row["principal_id"]),
    keyId: String(row["key"]),
    team: String(row["team"]),
    service: String(row["service"]),
    tool: String(row["tool"]),
    calls: toNumber(row["started"]),
    bytes: toAmount(row["bytes"]),
    computeMs: toAmount(row["compute"]) / 1_000,
    costMicroUsd: toAmount(row["cost"]),
  }
}

/** What is beyond any quota need not be exact, and must not keep the gateway from starting. */
function toAmount(value: SQLOutputValue | undefined): number {
  return Math.min(Number(value ?? 0), Number.MAX_SAFE_INTEGER)
}

type EntryRow = { readonly id: number; readonly time: number; readonly kind: string; readonly body: string }

function entriesPage(db: DatabaseSync, fromMs: number, [, time, id]: Place): PastPage {
  const asked = "time >= ? AND (time, id) > (?, ?) AND kind IN ('start', 'end')"
  const found = `SELECT id, time, kind, body FROM (
      SELECT id, time, kind FROM found_by INDEXED BY entries_time WHERE ${asked}
      UNION ALL SELECT id, time, kind FROM (${foundLater}) WHERE ${asked} ORDER BY time, id
    ) CROSS JOIN entries USING (id) WHERE coalesce(body ->> '$.targetKind', '') <> 'operation'
    ORDER BY time, id LIMIT ${rowsAtOnce}`
  const after = [Math.max(fromMs, time), time, id]
  return readAtOnce(db, () => {
    const rows = db.prepare(found).all(...after, ...after) as EntryRow[]
    const last = rows.at(-1)
    const argumentBytes = startReader(db)
    const uses = rows.map((row) => fromEntry(row, argumentBytes))
    if (last === undefined || rows.length < rowsAtOnce) return { uses }
    return { uses, nextCursor: writeCursor(["entries", last.time, last.id]) }
  })
}

type StartRow = { readonly call: string; readonly bytes: number | null }

/** The bytes of its arguments stand in the `start` of a call, and count at its `end`. */
function startReader(db: DatabaseSync): (callId: string | undefined) => number {
  const bytes = "call, body ->> '$.arguments.bytes' AS bytes"
  const indexed = db.prepare(
    `SELECT ${bytes} FROM found_by CROSS JOIN entries USING (id) WHERE call = ? AND kind = 'start'`,
  )
  const later = db.prepare(`SELECT ${bytes} FROM (${foundLater}) JOIN entries USING (id) WHERE kind = 'start'`)
  const bytesLater = new Map((later.all() as StartRow[]).map((row) => [row.call, row.bytes ?? 0]))
  return (callId = "") => bytesLater.get(callId) ?? (indexed.get(callId) as StartRow | undefined)?.bytes ?? 0
}

type Charged = {
  readonly callId?: string
  readonly principalId?: string
  readonly keyId?: string
  readonly team?: string
  readonly service?: string
  readonly target?: string
  readonly computeMs?: number
  readonly costMicroUsd?: number
  readonly result?: { readonly bytes: number }
  readonly detail?: { readonly answeredBytes?: number }
}

function fromEntry(
  { time, kind, body }: EntryRow,
  argumentBytes: (callId: string | undefined) => number,
): PastUse {
  const entry = JSON.parse(body) as Charged
  const who = { principalId: entry.principalId ?? "", keyId: entry.keyId ?? "", team: entry.team ?? "" }
  const what = { service: entry.service ?? "", tool: entry.target ?? "" }
  const begun = { calls: 1, bytes: 0, computeMs: 0, costMicroUsd: 0 }
  const ended = (): Omit<PastUse, "timeMs" | keyof typeof who | keyof typeof what> => ({
    calls: 0,
    bytes: argumentBytes(entry.callId) + (entry.detail?.answeredBytes ?? 0) + (entry.result?.bytes ?? 0),
    computeMs: entry.computeMs ?? 0,
    costMicroUsd: entry.costMicroUsd ?? 0,
  })
  return { timeMs: time, ...who, ...what, ...(kind === "start" ? begun : ended()) }
}
