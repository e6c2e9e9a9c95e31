/**
 * Drops old entries from the beginning of the log, a thousand or so at a time, so that recording goes on in between. A
 * stream is cut only at a checkpoint, whose frontier then stands for what is gone. Of each stream a signed note says how
 * far it is to be dropped, and by its place that all before it was: so the newest one speaks for those that are gone.
 */

import { toText } from "../../../domain/audit/chain.ts"
import { writeRetention } from "../../../domain/audit/retention-note.ts"
import type { OpenLog } from "./open-log.ts"
import type { Request } from "../handover/thread-messages.ts"

const entriesPerStep = 1_000

export type RetentionRequest = Omit<Extract<Request, { type: "retain" }>, "type">
type Step = { readonly streamId: number; readonly stream: string; readonly from: number; readonly size: number }
type StreamRow = { id: number; name: string; base_size: number }

/** Yields where others may write. @returns how many entries were dropped */
export function* dropOld(log: OpenLog, request: RetentionRequest): Generator<undefined, number> {
  const steps = yield* plan(log, request)
  const byStream = Map.groupBy(steps, ({ streamId }) => streamId)
  for (const step of steps) {
    const ofStream = byStream.get(step.streamId) ?? []
    log.transaction(() => {
      if (ofStream[0] === step) record(log, ofStream, request)
      log.catchUp()
      drop(log, step)
    })
    yield
  }
  return entriesOf(steps)
}

/** To be called in a transaction, before anything of the stream is dropped and when all before it is. */
function record(log: OpenLog, steps: readonly Step[], { beforeMs, nowMs }: RetentionRequest): void {
  const { stream = "", size = 0 } = steps.at(-1) ?? {}
  const note = log.place.signer.sign(writeRetention({ stream, size, timeMs: nowMs }))
  const detail = { entries: entriesOf(steps), beforeMs, lastStream: stream, lastSeq: size, note }
  log.append({ kind: "retention", timeMs: nowMs, detail })
}

function entriesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { from, size }) => sum + size - from, 0)
}

/** What is there now does not change any more, so it can be looked at bit by bit. */
function* plan(log: OpenLog, request: RetentionRequest): Generator<undefined, readonly Step[]> {
  const steps: Step[] = []
  const streams = log.db.prepare("SELECT id, name, base_size FROM streams ORDER BY id").all() as StreamRow[]
  for (const { id, name, base_size } of streams) {
    // The newest entry stays, so that no number is ever given twice.
    const end = id === log.tail?.streamId ? log.tail.seq - 1 : lastSeq(log, id)
    let from = base_size
    for (let size = nextCut(log, { ...request, streamId: id, from, end }); size !== undefined;) {
      steps.push({ streamId: id, stream: name, from, size })
      yield
      from = size
      size = nextCut(log, { ...request, streamId: id, from, end })
    }
    if (from < end) break
  }
  return steps
}

type Looking = RetentionRequest & { readonly streamId: number; readonly from: number; readonly end: number }

/** The checkpoint to cut at next: undefined where nothing more may go. */
function nextCut(log: OpenLog, { streamId, from, end, beforeMs, keepFromId }: Looking): number | undefined {
  if (from >= end) return undefined
  const upTo = checkpointSize(log, { streamId, from, end: Math.min(end, from + entriesPerStep) })
  if (upTo === undefined) return undefined
  const kept = log.db
    .prepare(
      "SELECT min(seq) AS seq FROM entries WHERE stream = ? AND seq > ? AND seq <= ? AND (body ->> '$.timeMs' >= ? OR id >= ?)",
    )
    .get(streamId, from, upTo, beforeMs, keepFromId)?.["seq"]
  if (typeof kept !== "number") return upTo
  return checkpointSize(log, { streamId, from, end: kept - 1 })
}

type Window = Pick<Looking, "streamId" | "from" | "end">

/** The largest within the window. */
function checkpointSize(log: OpenLog, { streamId, from, end }: Window): number | undefined {
  const query = "SELECT max(size) AS size FROM checkpoints WHERE stream = ? AND size > ? AND size <= ?"
  const size = log.db.prepare(query).get(streamId, from, end)?.["size"]
  return typeof size === "number" ? size : undefined
}

function lastSeq(log: OpenLog, streamId: number): number {
  const size = log.db.prepare("SELECT max(size) AS size FROM checkpoints WHERE stream = ?").get(streamId)?.["size"]
  return typeof size === "number" ? size : 0
}

function drop({ db }: OpenLog, { streamId, size }: Step): void {
  const head = db.prepare("SELECT hash FROM entries WHERE stream = ? AND seq = ?").get(streamId, size)?.["hash"]
  const row = db.prepare("SELECT frontier FROM checkpoints WHERE stream = ? AND size = ?").get(streamId, size)
  if (!(head instanceof Uint8Array) || !(row?.["frontier"] instanceof Uint8Array)) {
    throw new Error("What retention cuts at is not there.")
  }
  db.prepare("DELETE FROM copies WHERE stream = ? AND seq <= ?").run(streamId, size)
  db.prepare(`DELETE FROM found_by WHERE id IN (SELECT id FROM entries WHERE stream = ? AND seq <= ?)`).run(
    streamId,
    size,
  )
  db.prepare("DELETE FROM entries WHERE stream = ? AND seq <= ?").run(streamId, size)
  db.prepare("UPDATE streams SET base_size = ?, base_head = ?, base_frontier = ? WHERE id = ?").run(
    size,
    toText(Buffer.from(head)),
    row["frontier"],
    streamId,
  )
}
