/**
 * What of a service's definitions is approved and what is held back, and what an approval comes to. A definition counts
 * as approved where one of its kind and name with the very same text is.
 */

import type { Era } from "../../mcp/message.ts"
import {
  digestOfAll,
  pinKinds,
  shortName,
  type Approved,
  type Held,
  type PinChange,
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

/** What approves all that is held back, in place of whatever was approved of the same names. */
export function approvalOf({ approved }: PinRecord, { seen }: Given, held: readonly Held[]): PinChange {
  const names = new Set(held.map(keyOf))
  const isMeant = (one: Pick<Approved, "kind" | "name">): boolean => names.has(keyOf(one))
  return { before: approved.filter(isMeant), after: seen.filter(isMeant).map(toApproved) }
}

/** The part of that which approves these; of their names, what was approved before counts no more. */
export function approvalOfSome({ before, after }: PinChange, chosen: readonly Held[]): PinChange {
  const names = new Set(chosen.map(keyOf))
  const digests = new Set([...chosen, ...before].map(({ digest }) => digest))
  return {
    before: before.filter((one) => names.has(keyOf(one))),
    after: after.filter((one) => names.has(keyOf(one)) && digests.has(one.digest)),
  }
}

/** @returns undefined where something else is approved than the change was made from */
export function applyPins(record: PinRecord, { before, after }: PinChange, atMs: number): PinRecord | undefined {
  const { service, approved } = record
  const names = new Set([...before, ...after].map(keyOf))
  const now = approved.filter((one) => names.has(keyOf(one)))
  if (digestOfAll(service, now) !== digestOfAll(service, before)) return undefined
  const rest = approved.filter((one) => !names.has(keyOf(one)))
  const event = eventOf("approved", after, digestOfAll(service, after) ?? "", atMs)
  return withEvent({ ...record, approved: [...rest, ...after] }, event)
}

function toApproved({ kind, name, digest, bare, text }: Seen): Approved {
  return { kind, name, digest, ...(bare !== undefined && { bare }), text: text() }
}

const maxEvents = 50
const maxNames = 20

/** Notes what is held back now, where the last event does not say so already. */
export function note(record: PinRecord, held: readonly Held[], atMs: number): PinRecord {
  const last = record.events.at(-1)
  const digest = digestOfAll(record.service, held)
  if (digest === (last?.what === "held" ? last.digest : undefined)) return record
  if (digest !== undefined) return withEvent(record, eventOf("held", held, digest, atMs))
  return withEvent(record, { atMs, what: "returned", digest: "", count: 0, names: [], ...pastOf(last) })
}

function pastOf(last: PinEvent | undefined): Partial<PinEvent> {
  return last ? { digest: last.digest, count: last.count, names: last.names } : {}
}

type Named = readonly Pick<Approved, "kind" | "name">[]

function eventOf(what: PinEvent["what"], named: Named, digest: string, atMs: number): PinEvent {
  const names = named.slice(0, maxNames).map(shortName)
  return { atMs, what, digest, count: named.length, names }
}

function withEvent(record: PinRecord, event: PinEvent): PinRecord {
  return { ...record, events: [...record.events, event].slice(-maxEvents) }
}
