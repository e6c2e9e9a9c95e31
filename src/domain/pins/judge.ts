/**
 * What of a service's definitions is approved and what is held back, and what an approval comes to. A definition counts
 * as approved where one of its kind and name with the very same text is.
 */

import type { Era } from "../../mcp/message.ts"
import {
  digestOfHeld,
  pinKinds,
  shortName,
  type Approved,
  type Held,
  type PinEvent,
  type PinKind,
  type PinMode,
  type PinRecord,
  type Seen,
} from "./pin.ts"

/** What a service says now. */
export type Given = {
  readonly seen: readonly Seen[]
  /** Of which it could be asked. */
  readonly heard: ReadonlySet<PinKind>
  readonly era: Era
}

export function keyOf({ kind, name }: Pick<Approved, "kind" | "name">): string {
  return `${kind}\n${name}`
}

/**
 * Takes what was never asked for before as it is, where the first use is trusted. A service that has nothing at all yet
 * is not in use.
 */
export function meet(record: PinRecord, { seen, heard }: Given, mode: PinMode): PinRecord {
  const news = pinKinds.filter((kind) => heard.has(kind) && !record.met.includes(kind))
  if (news.length === 0 || seen.every(({ kind }) => kind === "instructions")) return record
  const first = mode === "first_use" ? seen.filter(({ kind }) => news.includes(kind)) : []
  return { ...record, met: [...record.met, ...news], approved: [...record.approved, ...first.map(toApproved)] }
}

export function findHeld({ approved }: PinRecord, { seen, era }: Given): readonly Held[] {
  const byKey = Map.groupBy(approved, keyOf)
  return seen.flatMap((one): Held[] => {
    const known = byKey.get(keyOf(one)) ?? []
    if (known.some((text) => isSame(text, one, era))) return []
    const { kind, name, digest } = one
    const state = known.length > 0 ? "changed" : "pending"
    return [{ kind, name, digest, state, text: one.text(), was: known[0]?.text }]
  })
}

/**
 * Revision 2026-07-28 knows no `execution`, so a service that speaks it now may leave out what it said in an older one.
 * Nobody is shown it then.
 */
function isSame(approved: Approved, now: Seen, era: Era): boolean {
  return approved.digest === now.digest || (era === "modern" && approved.bare === now.digest)
}

/** What is held back is approved, in place of whatever was of the same names. */
export function approve(record: PinRecord, held: readonly Held[], given: Given): PinRecord {
  const names = new Set(held.map(keyOf))
  const now = given.seen.filter((one) => names.has(keyOf(one))).map(toApproved)
  const rest = record.approved.filter((one) => !names.has(keyOf(one)))
  const met = pinKinds.filter((kind) => record.met.includes(kind) || given.heard.has(kind))
  return { ...record, approved: [...rest, ...now], met }
}

function toApproved({ kind, name, digest, bare, text }: Seen): Approved {
  return { kind, name, digest, ...(bare !== undefined && { bare }), text: text() }
}

const maxEvents = 50
const maxNames = 20

/** Notes what is held back now, where the last event does not say so already. */
export function note(record: PinRecord, held: readonly Held[], atMs: number): PinRecord {
  const last = record.events.at(-1)
  const digest = digestOfHeld(record.service, held)
  if (digest === (last?.what === "held" ? last.digest : undefined)) return record
  if (digest !== undefined) return withEvent(record, eventOf("held", held, digest, atMs))
  return withEvent(record, { atMs, what: "returned", digest: "", count: 0, names: [], ...pastOf(last) })
}

export function noteApproval(record: PinRecord, held: readonly Held[], atMs: number): PinRecord {
  const digest = digestOfHeld(record.service, held) ?? ""
  return withEvent(record, eventOf("approved", held, digest, atMs))
}

function pastOf(last: PinEvent | undefined): Partial<PinEvent> {
  return last ? { digest: last.digest, count: last.count, names: last.names } : {}
}

function eventOf(what: PinEvent["what"], held: readonly Held[], digest: string, atMs: number): PinEvent {
  const names = held.slice(0, maxNames).map(shortName)
  return { atMs, what, digest, count: held.length, names }
}

function withEvent(record: PinRecord, event: PinEvent): PinRecord {
  return { ...record, events: [...record.events, event].slice(-maxEvents) }
}
