/** Calls that took place, for the operations that look back at them. */

import type { EntryDraft, Outcome } from "../../src/domain/audit/entry.ts"
import type { EntryRecorder } from "../../src/domain/audit/log.ts"
import { nowMs } from "./operations-kit.ts"

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

export type Took = {
  readonly id: string
  readonly tool: string
  readonly who?: string
  readonly agoMs?: number
  readonly outcome?: Outcome
  readonly durationMs?: number
  readonly tags?: readonly string[]
  readonly costMicroUsd?: number
  /** Keeps a redacted copy. */
  readonly keeps?: true
}

export const callArguments = Buffer.from('{"city":"Oslo","password":"hunter2"}')
export const callResult = Buffer.from('{"content":[]}')

/** Both entries of a call; the tool's name begins with that of its service. */
export async function recordCall(recorder: EntryRecorder, took: Took): Promise<void> {
  const { id, tool, who = "ann", agoMs = minuteMs, outcome = "ok", durationMs = 20, tags, costMicroUsd } = took
  const facts = {
    callId: id,
    principalId: `id-of-${who}`,
    principal: who,
    keyId: `key-of-${who}`,
    client: "test/1.0",
    method: "tools/call",
    service: tool.split("__")[0] ?? "",
    target: tool,
    targetKind: "tool",
    ...(tags && { tags }),
  } as const
  const keep = took.keeps && { keep: { maxBytes: 1_000, redact: [] } }
  const startedMs = nowMs - agoMs
  const start: EntryDraft = { ...facts, kind: "start", timeMs: startedMs, rule: "grant", traceId: "t1" }
  await recorder.append(start, { arguments: [callArguments], ...keep })
  const end: EntryDraft = {
    ...facts,
    kind: "end",
    timeMs: startedMs + durationMs,
    outcome,
    durationMs,
    computeMs: durationMs / 2,
    ...(costMicroUsd !== undefined && { costMicroUsd }),
  }
  await recorder.append(end, { result: [callResult], ...keep })
}

/** Every page of a listing operation, one after the other. */
export async function walk<T>(
  ask: (cursor: object) => Promise<{ readonly items: readonly T[]; readonly nextCursor: unknown }>,
): Promise<readonly T[]> {
  const all: T[] = []
  let cursor: object = {}
  for (;;) {
    const { items, nextCursor } = await ask(cursor)
    all.push(...items)
    if (nextCursor === undefined) return all
    cursor = { cursor: nextCursor }
  }
}
