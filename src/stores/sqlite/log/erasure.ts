/**
 * Drops redacted copies, a thousand entries at a time, so that recording goes on in between. The entries stay, and so
 * does the chain; each step says in an `erasure` entry of its own transaction how many copies it dropped.
 */

import type { SQLInputValue } from "node:sqlite"
import type { OpenLog } from "./open-log.ts"
import type { ErasureFilter } from "../../../domain/audit/log.ts"

const entriesPerStep = 1_000

type Found = { readonly id: number; readonly time: number; readonly stream: number; readonly seq: number }

/** Yields where others may write. @returns how many copies were dropped */
export function* eraseCopies(log: OpenLog, filter: ErasureFilter, nowMs: number): Generator<undefined, number> {
  let erased = 0
  let after: Pick<Found, "id" | "time"> = { id: 0, time: Number.MIN_SAFE_INTEGER }
  for (;;) {
    log.transaction(() => log.catchUp())
    const found = nextEntries(log, filter, after)
    const last = found.at(-1)
    const isLast = last === undefined || found.length < entriesPerStep
    erased += eraseStep(log, found, { filter, nowMs, isLast: isLast && erased === 0 })
    if (isLast) return erased
    after = last
    yield
  }
}

type EraseStep = { readonly filter: ErasureFilter; readonly nowMs: number; readonly isLast: boolean }

/** An erasure that finds nothing is on record, too: once, at its end. */
function eraseStep(log: OpenLog, found: readonly Found[], { filter, nowMs, isLast }: EraseStep): number {
  let copies = 0
  log.transaction(() => {
    const erase = log.db.prepare("DELETE FROM copies WHERE stream = ? AND seq = ?")
    for (const { stream, seq } of found) copies += Number(erase.run(stream, seq).changes)
    if (copies > 0 || isLast) log.append({ kind: "erasure", timeMs: nowMs, detail: { ...filter, copies } })
  })
  return copies
}

/** In the order of time, which each of the indexes has within what it finds. */
function nextEntries(log: OpenLog, filter: ErasureFilter, after: Pick<Found, "id" | "time">): readonly Found[] {
  const { principal, callId, toMs, except } = filter
  const conditions: readonly (readonly [condition: string, value: SQLInputValue | undefined])[] = [
    ["principal = ?", principal],
    ["call = ?", callId],
    ["time < ?", toMs],
    ["principal IS NOT ?", except],
  ]
  const asked = conditions.filter(([, value]) => value !== undefined)
  const where = ["(time, id) > (?, ?)", ...asked.map(([condition]) => condition)].join(" AND ")
  const query = `SELECT id, time, stream, seq FROM found_by CROSS JOIN entries USING (id)
    WHERE ${where} ORDER BY time, id LIMIT ${entriesPerStep}`
  return log.db.prepare(query).all(after.time, after.id, ...asked.map(([, value]) => value ?? null)) as Found[]
}
