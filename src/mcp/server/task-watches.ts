/**
 * The tasks of one legacy session: what is told of each goes to the session that began it, unasked, as those revisions
 * have it. Behind it stands a modern subscription for each task, which ends with the task.
 */

import type { Answer } from "../message.ts"
import { readString, type RawObject } from "../raw-json.ts"

/** What one session is told of at once; of more it learns when it asks. */
const maxWatched = 64
const ended = new Set(["completed", "failed", "cancelled"])

export function isTask({ result }: Answer): boolean {
  return result !== undefined && readString(result.get("resultType")) === "task"
}

/** Opens a subscription to one task; resolves with whether the service has agreed. */
type ListenToTask = (taskId: string, signal: AbortSignal) => Promise<boolean>

export class TaskWatches {
  readonly #listen: ListenToTask
  readonly #closed: AbortSignal
  readonly #watched = new Map<string, AbortController>()

  constructor(listen: ListenToTask, closed: AbortSignal) {
    this.#listen = listen
    this.#closed = closed
  }

  /** Begins to listen where the answer is a task, and ends where it tells of the end of one. */
  heed({ result }: Answer): void {
    const taskId = result && readString(result.get("taskId"))
    if (!result || taskId === undefined) return
    if (readString(result.get("resultType")) !== "task") return this.told(result)
    if (this.#watched.size >= maxWatched) return
    const stop = new AbortController()
    this.#watched.set(taskId, stop)
    const signal = AbortSignal.any([stop.signal, this.#closed])
    this.#listen(taskId, signal).then(
      (agreed) => agreed || this.#end(taskId),
      () => this.#end(taskId),
    )
  }

  /** Ends the subscription when it has told of the end of its task. */
  told(params: RawObject): void {
    const status = readString(params.get("status")) ?? ""
    if (ended.has(status)) this.#end(readString(params.get("taskId")) ?? "")
  }

  #end(taskId: string): void {
    this.#watched.get(taskId)?.abort()
    this.#watched.delete(taskId)
  }
}
