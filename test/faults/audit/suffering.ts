/**
 * A gateway under load whose audit log cannot be written for a while: calls are refused and none is forwarded while it
 * lasts, it says that it is not ready, and it takes calls again by itself soon after the cause has gone.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import type { Asked } from "../client-journal.ts"
import { readEntries } from "../log-entries.ts"
import { openRig, type Rig } from "../rig.ts"
import type { Cause } from "./unwritable-causes.ts"

const callsPerSecond = 150
const warmUpMs = 300
const lastsMs = 1_500
const goesOnMs = 500
const recoversWithinMs = 5_000

export type Suffered = {
  readonly way: string
  readonly row: {
    readonly answered: number
    readonly refused: number
    /** Of them, those that were made, but whose end could not be recorded. */
    readonly withheld: number
    readonly forwardedMeanwhile: number
    /** The status of `/readiness` while it lasts. */
    readonly readiness: string
    readonly recoveredAfterMs: number
  }
  /** A sentence each. */
  readonly violations: readonly string[]
}

export async function suffer(cause: Cause): Promise<Suffered> {
  const rig = await openRig()
  const undo = await cause.prepare?.(rig)
  try {
    await rig.start(cause.conditions)
    const course = await underLoad(cause, rig)
    const violations = [...(await unready(rig)), ...(await afterwards(rig))]
    return judged(cause, { rig, course, violations })
  } finally {
    await undo?.()
    await rig.close()
  }
}

async function underLoad(cause: Cause, rig: Rig): Promise<Course> {
  const load = rig.load(callsPerSecond)
  try {
    await sleep(warmUpMs)
    const course = await goThrough(cause, rig)
    await sleep(goesOnMs)
    return course
  } finally {
    await load.stop()
  }
}

type Course = {
  /** The first refusal that a client saw. */
  readonly first: Asked
  /** What the service had seen when the cause was about to go. */
  readonly seen: readonly string[]
  readonly goneAtMs: number
  readonly recovered: Asked
  readonly readiness: string
}

async function goThrough({ begin, isOneMoment }: Cause, rig: Rig): Promise<Course> {
  const end = await begin(rig)
  try {
    const first = await found("a call is refused", () => rig.calls.asked.find(isUnrecorded))
    const readiness = await readinessOf(rig)
    if (!isOneMoment) await sleep(lastsMs)
    const seen = await rig.seen()
    await end()
    const goneAtMs = isOneMoment ? (first.toldAtMs ?? 0) : performance.now()
    return { first, seen, goneAtMs, recovered: await recovery(rig, goneAtMs), readiness }
  } finally {
    await end()
  }
}

function recovery(rig: Rig, goneAtMs: number): Promise<Asked> {
  return found("a call is taken", () =>
    rig.calls.asked.find(({ askedAtMs, fate }) => askedAtMs > goneAtMs && fate?.kind === "answered"),
  )
}

type Judged = { readonly rig: Rig; readonly course: Course; readonly violations: readonly string[] }

function judged({ way }: Cause, { rig, course, violations }: Judged): Suffered {
  const { first, goneAtMs, recovered, readiness } = course
  const seen = new Set(course.seen)
  const meanwhile = rig.calls.asked.filter(({ askedAtMs }) => askedAtMs > (first.toldAtMs ?? 0))
  const refused = rig.calls.of("refused")
  const row = {
    answered: rig.calls.of("answered").length,
    refused: refused.length,
    withheld: refused.filter(({ fate }) => fate?.kind === "refused" && fate.made).length,
    forwardedMeanwhile: meanwhile.filter(({ traceId }) => seen.has(traceId)).length,
    readiness: readiness.slice(0, 3),
    recoveredAfterMs: Math.round((recovered.toldAtMs ?? 0) - goneAtMs),
  }
  const found = [
    ...violations,
    ...(row.forwardedMeanwhile > 0 ? [`${row.forwardedMeanwhile} calls were forwarded meanwhile`] : []),
    ...(row.recoveredAfterMs > recoversWithinMs ? [`it took ${row.recoveredAfterMs} ms to recover`] : []),
    ...(/^503 .*"reason":"[^"]{10}/.test(readiness) ? [] : [`/readiness says ${readiness}`]),
  ]
  return { way, row, violations: found }
}

/** What must hold while the gateway still runs, and after it was stopped in good order and started anew. */
async function afterwards(rig: Rig): Promise<readonly string[]> {
  const damage = await rig.damage()
  await rig.stop()
  await rig.start()
  const hasGap = readEntries(rig.data).some(({ kind }) => kind === "gap")
  return [...damage, ...(hasGap ? [] : ["no entry tells of the gap"]), ...(await rig.check())]
}

async function unready(rig: Rig): Promise<readonly string[]> {
  const readiness = await readinessOf(rig)
  return readiness.startsWith("200 ") ? [] : [`/readiness says ${readiness} after the recovery`]
}

async function readinessOf({ origin }: Rig): Promise<string> {
  const answer = await fetch(`${origin}/readiness`)
  return `${answer.status} ${await answer.text()}`
}

function isUnrecorded({ fate }: Asked): boolean {
  return fate?.kind === "refused" && fate.code === "audit_unavailable"
}

async function found<Found>(what: string, ask: () => Found | undefined): Promise<Found> {
  await eventually(what, () => ask() !== undefined)
  const asked = ask()
  if (asked === undefined) throw new Error(`gone again: ${what}`)
  return asked
}
