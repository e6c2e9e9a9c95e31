/**
 * The tasks begun through this process and what was last heard of each: what `tasks/list` shows, and where each is to
 * be asked for. Only a convenience: a task that fell out of it, or was begun before a restart, is found by its id.
 */

import type { Place } from "../../domain/fleet.ts"
import { copyOf, fromRaw, withMembers, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import type { TaskRecord } from "./task-ids.ts"

export type KnownTask = {
  readonly record: TaskRecord
  readonly place: Place | undefined
  /** The members that every state of a task has, under the id that the client knows. */
  state: RawObject
}

const maxPerPrincipal = 256
const maxInAll = 4_096
/** Of one state; what a service tells at length is told to who asks for it. */
const maxStateBytes = 16_384
const maxMemberBytes = 4_096

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
  /** The same by principal. */
  readonly #own = new Map<string, Map<string, KnownTask>>()

  remember(id: string, record: TaskRecord, { place, state }: Pick<KnownTask, "place" | "state">): void {
    const own = this.#own.get(record.principalId) ?? new Map<string, KnownTask>()
    if (own.size >= maxPerPrincipal) this.#forget(firstOf(own))
    else if (this.#tasks.size >= maxInAll) this.#forget(firstOf(this.#tasks))
    const known: KnownTask = { record, place, state: shownOf(state) }
    this.#own.set(record.principalId, own.set(id, known))
    this.#tasks.set(id, known)
  }

  find(id: string): KnownTask | undefined {
    return this.#tasks.get(id)
  }

  /** Keeps what a service said of a task later. */
  heard(id: string, state: RawObject): void {
    const known = this.#tasks.get(id)
    if (known && state.has("status")) known.state = shownOf(state)
  }

  /** One principal's, as far as their services still keep them. */
  listOf(principalId: string, nowMs: number): readonly (readonly [string, KnownTask])[] {
    const own = [...(this.#own.get(principalId) ?? [])]
    for (const [id, { state }] of own) if (endsAtMs(state) <= nowMs) this.#forget(id)
    return own.filter(([id]) => this.#tasks.has(id))
  }

  #forget(id: string): void {
    const { principalId } = this.#tasks.get(id)?.record ?? {}
    this.#tasks.delete(id)
    const own = principalId === undefined ? undefined : this.#own.get(principalId)
    own?.delete(id)
    if (own?.size === 0) this.#own.delete(principalId ?? "")
  }
}

function firstOf(tasks: ReadonlyMap<string, KnownTask>): string {
  const [first = ""] = tasks.keys()
  return first
}

function shownOf(state: RawObject): RawObject {
  let bytes = 0
  const fits = ([key, raw]: readonly [string, RawJson]): boolean => {
    const size = key.length + raw.length
    if (size > maxMemberBytes || bytes + size > maxStateBytes) return false
    bytes += size
    return true
  }
  return copyOf(new Map([...withMembers(state, detail)].filter(fits)))
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
