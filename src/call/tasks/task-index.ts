/**
 * The tasks begun through this process and what was last heard of each: what `tasks/list` shows, and where each is to
 * be asked for. Only a convenience: a task that fell out of it, or was begun before a restart, is found by its id.
 */

import type { Place } from "../../domain/fleet.ts"
import { fromRaw, withMembers, type RawObject } from "../../mcp/raw-json.ts"
import type { TaskRecord } from "./task-ids.ts"

export type KnownTask = {
  readonly record: TaskRecord
  readonly place: Place | undefined
  /** The members that every state of a task has, under the id that the client knows. */
  state: RawObject
}

const maxPerPrincipal = 256
const maxInAll = 4_096

/** What a list tells of a task; the rest is told to who asks for the one. */
const detail = {
  resultType: undefined,
  result: undefined,
  error: undefined,
  inputRequests: undefined,
  _meta: undefined,
}

export class TaskIndex {
  /** Those begun first come first. */
  readonly #tasks = new Map<string, KnownTask>()

  remember(id: string, record: TaskRecord, { place, state }: Pick<KnownTask, "place" | "state">): void {
    const own = [...this.#tasks].filter(([, known]) => known.record.principalId === record.principalId)
    const oldest = own.length >= maxPerPrincipal ? own[0]?.[0] : undefined
    if (oldest !== undefined) this.#tasks.delete(oldest)
    else if (this.#tasks.size >= maxInAll) this.#tasks.delete([...this.#tasks.keys()][0] ?? "")
    this.#tasks.set(id, { record, place, state: withMembers(state, detail) })
  }

  find(id: string): KnownTask | undefined {
    return this.#tasks.get(id)
  }

  /** Keeps what a service said of a task later. */
  heard(id: string, state: RawObject): void {
    const known = this.#tasks.get(id)
    if (known && state.has("status")) known.state = withMembers(state, detail)
  }

  /** One principal's, as far as their services still keep them. */
  listOf(principalId: string, nowMs: number): readonly (readonly [string, KnownTask])[] {
    for (const [id, { state }] of this.#tasks) if (endsAtMs(state) <= nowMs) this.#tasks.delete(id)
    return [...this.#tasks].filter(([, { record }]) => record.principalId === principalId)
  }
}

function endsAtMs(state: RawObject): number {
  const [createdAt, ttlMs] = ["createdAt", "ttlMs"].map((name) => valueOf(state, name))
  const createdMs = typeof createdAt === "string" ? Date.parse(createdAt) : Number.NaN
  return Number.isNaN(createdMs) || typeof ttlMs !== "number" ? Number.POSITIVE_INFINITY : createdMs + ttlMs
}

function valueOf(state: RawObject, name: string): unknown {
  const raw = state.get(name)
  return raw && fromRaw(raw)
}
