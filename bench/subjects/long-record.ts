/** Lets the record of a gateway that does not run grow, by the gateway's own writer. */

import { randomUUID } from "node:crypto"
import { join } from "node:path"
import type { EntryDraft } from "../../src/domain/audit/entry.ts"
import { openAuditWriter } from "../../src/stores/sqlite/writer.ts"

const principals = 20
const tools = 50
const callsAtOnce = 1_000

type Past = {
  /** Of entries: each call has two. */
  readonly count: number
  /** The calls are spread evenly over so long, until now. */
  readonly spanMs: number
}

export async function recordEntries(data: string, { count, spanMs }: Past): Promise<void> {
  const fromMs = Date.now() - spanMs
  const timeOf = (call: number): number => Math.floor(fromMs + (call / count) * 2 * spanMs)
  const writer = await openAuditWriter({
    folder: join(data, "audit"),
    keysFolder: join(data, "keys"),
    sync: "process",
    timeoutMs: 60_000,
    version: "0.0.0",
    now: Date.now,
    newId: randomUUID,
    onTrouble: () => {},
    onCheckpoint: () => {},
  })
  try {
    for (let done = 0; done < count / 2; done += callsAtOnce) {
      const calls = Array.from({ length: Math.min(callsAtOnce, count / 2 - done) }, (_, at) =>
        draftsOf(done + at, timeOf(done + at)),
      )
      await Promise.all(calls.flat().map((draft) => writer.append(draft)))
    }
  } finally {
    await writer.close(Date.now())
  }
}

function draftsOf(call: number, timeMs: number): readonly EntryDraft[] {
  const known = {
    callId: randomUUID(),
    principal: `principal-${call % principals}`,
    principalId: `principal-${call % principals}`,
    method: "tools/call",
    service: "bench",
    target: `bench__tool_${call % tools}`,
    targetKind: "tool",
    timeMs,
  } as const
  return [
    { ...known, kind: "start" },
    { ...known, kind: "end", outcome: "ok", durationMs: 1.5, computeMs: 1 },
  ]
}
