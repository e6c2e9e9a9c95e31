/** Damage to a small log, and what it is found to be. */

import assert from "node:assert/strict"
import type { Entry } from "../../../src/domain/audit/entry.ts"
import { smallLog, verify, type Asked, type Log, type Row, type Stream } from "./log-kit.ts"

/** What a small log, damaged, is found to be: kind, stream and first bad entry. */
export function found(damage: (log: Log) => void, asked: Asked = {}): string {
  const log = smallLog()
  const names = log.streams.map(({ name }) => name)
  damage(log)
  const { ok, damage: what } = verify(log, asked)
  assert.equal(ok, what === undefined)
  return what ? `${what.kind} ${names.indexOf(what.stream)}/${what.seq}` : "ok"
}

export function stream(log: Log, order: number): Stream {
  const stream = log.streams[order]
  assert.ok(stream)
  return stream
}

export function row(log: Log, order: number, seq: number): Row {
  const row = stream(log, order).rows.find((row) => row.seq === seq)
  assert.ok(row)
  return row
}

export function remove(log: Log, order: number, gone: (seq: number) => boolean): void {
  const damaged = stream(log, order)
  damaged.rows = damaged.rows.filter(({ seq }) => !gone(seq))
}

export function withoutFile(damage: (log: Log) => unknown): (log: Log) => void {
  return (log) => {
    damage(log)
    log.file = []
  }
}

export const isLater = (entry: Entry): Entry => ({ ...entry, timeMs: entry.timeMs + 1 })
