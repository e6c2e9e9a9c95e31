/** Gives calls an end that did not get theirs, with all that their start says of them. */

import type { Entry, EntryDraft, Outcome } from "../../../domain/audit/entry.ts"
import type { OpenCall } from "./open-calls.ts"
import type { OpenLog } from "./open-log.ts"

type Closing = { readonly outcome: Outcome; readonly nowMs: number }

/** To be called in a transaction. */
export function closeCalls(log: OpenLog, calls: readonly OpenCall[], { outcome, nowMs }: Closing): void {
  const start = log.db.prepare("SELECT body FROM entries WHERE id = ?")
  for (const { id } of calls) {
    const draft = endOf(start.get(id)?.["body"])
    if (draft) log.append({ ...draft, kind: "end", timeMs: nowMs, outcome })
  }
}

/** Undefined where retention has dropped the start, or it cannot be read, which a verification finds. */
function endOf(body: unknown): Omit<EntryDraft, "kind" | "timeMs" | "outcome"> | undefined {
  const entry = read(body)
  if (entry === undefined) return undefined
  const { stream, seq, previous: _, arguments: __, result: ___, copy: ____, ...draft } = entry
  return { ...draft, detail: { stream, seq } }
}

function read(body: unknown): Entry | undefined {
  try {
    return typeof body === "string" ? (JSON.parse(body) as Entry) : undefined
  } catch {
    return undefined
  }
}
