/** What injected faults come to: the figures, and what each caller should have been told and was not. */

import type { Figures } from "../figures.ts"
import type { Verdict } from "../world/judge.ts"
import type { Injected } from "./inject.ts"

type Evidence = {
  readonly injected: readonly Injected[]
  readonly verdict: Verdict
  /** By when a caller of a service behind a bad network must have been told. */
  readonly withinMs: number
}

export function summary({ injected, verdict, withinMs }: Evidence): Figures {
  const { neighbours, before, after } = verdict
  const ways = Map.groupBy(injected, ({ way }) => way)
  const rows = [...ways].map(([way, all]) => [`over ${way}`, rowOf(all)] as const)
  const kinds = new Set(injected.map(({ fault }) => fault.name))
  const figures = {
    ...Object.fromEntries(rows),
    "gateway crashes and unhandled rejections": verdict.complaints,
    "calls executed twice": verdict.executedTwice,
    "answers to another call": verdict.mistaken,
    "calls of neighbours": neighbours.calls,
    "of them failed": neighbours.failures.length,
    "their median, p99 and worst latency, ms": `${neighbours.medianMs}, ${neighbours.p99Ms}, ${neighbours.worstMs}`,
    "RSS before and after, MB": `${before.rssMb}, ${after.rssMb}`,
    "descriptors before and after": `${before.descriptors}, ${after.descriptors}`,
    "back after, ms": verdict.backAfterMs,
  }
  // A busy machine holds up everybody: by how much, the neighbours tell.
  const wrong = injected.flatMap((each) => wrongIn(each, withinMs + neighbours.p99Ms))
  const violations = [...wrong, ...strayIn(injected), ...verdict.violations]
  return { suite: `${kinds.size} kinds of bad network, ${injected.length} injected`, figures, violations }
}

function rowOf(injected: readonly Injected[]): Readonly<Record<string, number>> {
  const asked = injected.flatMap((each) => each.asked)
  const number = (kind: string): number => asked.filter(({ fate }) => fate.kind === kind).length
  return {
    injected: injected.length,
    calls: asked.length,
    answered: number("answered"),
    "told of an error": number("error"),
    "cut off": number("cut") + number("nothing"),
    "worst ms": Math.round(Math.max(...asked.map(({ tookMs }) => tookMs))),
    "slowest recovery, ms": Math.max(...injected.map(({ recoveredAfterMs }) => recoveredAfterMs)),
  }
}

function wrongIn({ fault, way, asked, recoveredAfterMs }: Injected, withinMs: number): readonly string[] {
  const where = `${fault.name} over ${way}: `
  const isTold = way.endsWith("to a service")
  const badly = asked.flatMap(({ fate, tookMs }) => {
    if (fault.harmless && fate.kind !== "answered") return [`${where}a call failed: ${JSON.stringify(fate)}.`]
    if (isTold && fate.kind === "cut") return [`${where}a caller was cut off: ${fate.message}.`]
    return isTold && tookMs > withinMs ? [`${where}a caller was told after ${Math.round(tookMs)} ms.`] : []
  })
  return [...badly, ...(recoveredAfterMs === Infinity ? [`${where}it was not served again.`] : [])]
}

/** A bad network may spoil an answer on its last way to the client, but not into that of another call. */
function strayIn(injected: readonly Injected[]): readonly string[] {
  const asked = injected.flatMap((each) => each.asked)
  const nonces = new Set(asked.map(({ nonce }) => nonce))
  return asked.flatMap(({ nonce, fate }) => {
    if (fate.kind !== "mistaken") return []
    const others = (fate.text.match(/nonce-[0-9a-f]{24}/g) ?? []).filter(
      (each) => each !== nonce && nonces.has(each),
    )
    return others.length === 0 ? [] : [`${nonce} got the answer of ${others.join(" and ")}.`]
  })
}
