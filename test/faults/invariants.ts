/**
 * What must be true whenever the gateway runs again, whatever became of it before. Three journals are held beside each
 * other: the clients', the service's, and the audit log. Whether the log proves itself: proof.ts. Whether the usage
 * figures agree with it: usage-sums.ts.
 */

import type { Entry } from "../../src/domain/audit/entry.ts"
import type { Asked } from "./client-journal.ts"
import { byTrace } from "./log-entries.ts"

export type Journals = {
  readonly asked: readonly Asked[]
  /** Trace ids. */
  readonly seen: readonly string[]
  readonly entries: readonly Entry[]
}

/** @returns a sentence for each violation */
export function violationsOf({ asked, seen, entries }: Journals): readonly string[] {
  const starts = byTrace(entries, "start")
  const ends = byTrace(entries, "end")
  const reached = new Set(seen)
  const answered = asked.filter(({ fate }) => fate?.kind === "answered")
  const mistaken = asked.filter(({ fate }) => fate?.kind === "mistaken")
  const untouched = asked.filter(({ fate }) => fate?.kind === "refused" && !fate.made)
  return [
    ...count("answered calls have no end on record", missing(answered.map(traceOf), ends)),
    ...count(
      "answered calls are on record as something else than ok",
      answered.map(traceOf).filter(endedBadly(ends)),
    ),
    ...count("calls got the answer of another", mistaken.map(traceOf)),
    ...count(
      "answered calls never reached the service",
      answered.map(traceOf).filter((id) => !reached.has(id)),
    ),
    ...count("calls that the service saw have no start on record", missing(seen, starts)),
    ...count(
      "refused calls reached the service",
      untouched.map(traceOf).filter((id) => reached.has(id)),
    ),
    ...openCalls(entries),
    ...repeated(entries),
    ...gapsIn(entries),
  ]
}

function traceOf({ traceId }: Asked): string {
  return traceId
}

function missing(traceIds: readonly string[], entries: ReadonlyMap<string, Entry>): readonly string[] {
  return traceIds.filter((traceId) => !entries.has(traceId))
}

function endedBadly(ends: ReadonlyMap<string, Entry>): (traceId: string) => boolean {
  return (traceId) => (ends.get(traceId)?.outcome ?? "ok") !== "ok"
}

function openCalls(entries: readonly Entry[]): readonly string[] {
  const [started, ended] = [callIds(entries, "start"), callIds(entries, "end")]
  const [startIds, endIds] = [new Set(started), new Set(ended)]
  return [
    ...count(
      "starts have no end",
      started.filter((id) => !endIds.has(id)),
    ),
    ...count(
      "ends have no start",
      ended.filter((id) => !startIds.has(id)),
    ),
  ]
}

function repeated(entries: readonly Entry[]): readonly string[] {
  return [
    ...count("calls have two starts", duplicates(callIds(entries, "start"))),
    ...count("calls have two ends", duplicates(callIds(entries, "end"))),
  ]
}

function callIds(entries: readonly Entry[], kind: Entry["kind"]): readonly string[] {
  return entries.flatMap((entry) => (entry.kind === kind ? [entry.callId ?? ""] : []))
}

function duplicates(ids: readonly string[]): readonly string[] {
  const known = new Set<string>()
  return ids.filter((id) => known.has(id) || !known.add(id))
}

/** Each entry must be the next of its stream, which begins with 1: nothing was dropped, doubled or put in between. */
function gapsIn(entries: readonly Entry[]): readonly string[] {
  const last = new Map<string, number>()
  const astray = entries.filter(({ stream, seq }) => {
    const isNext = seq === (last.get(stream) ?? 0) + 1
    last.set(stream, seq)
    return !isNext
  })
  return count(
    "entries do not follow the one before",
    astray.map(({ stream, seq }) => `${stream}/${seq}`),
  )
}

function count(what: string, which: readonly string[]): readonly string[] {
  return which.length === 0 ? [] : [`${which.length} ${what}, such as ${which[0]}`]
}
