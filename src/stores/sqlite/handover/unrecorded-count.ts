/** Counts what could not be recorded, until a `gap` entry says so. */

import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { Unrecorded } from "./thread-messages.ts"

/** Calls are open no longer than minutes, so more are never missed. */
const mostCallIds = 65_536

export class UnrecordedCount {
  #counts: Record<string, number> = {}
  #callIds = new Set<string>()
  #fromMs: number | undefined

  get isEmpty(): boolean {
    return this.#fromMs === undefined
  }

  add({ kind, callId }: EntryDraft, nowMs: number): void {
    this.#fromMs ??= nowMs
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
    if (callId !== undefined && kind === "end" && this.#callIds.size < mostCallIds) this.#callIds.add(callId)
  }

  /** What is told is not counted any more, until `giveBack`. */
  take(fromMs: number, toMs: number, reason: string): Unrecorded {
    const told = {
      fromMs: this.#fromMs ?? fromMs,
      toMs,
      reason,
      counts: this.#counts,
      callIds: [...this.#callIds],
    }
    this.#counts = {}
    this.#callIds = new Set()
    this.#fromMs = undefined
    return told
  }

  /** What could not be told after all. */
  giveBack({ fromMs, counts, callIds }: Unrecorded): void {
    if (Object.keys(counts).length === 0) return
    this.#fromMs = fromMs
    for (const [kind, count] of Object.entries(counts)) this.#counts[kind] = (this.#counts[kind] ?? 0) + count
    for (const callId of callIds) this.#callIds.add(callId)
  }
}
