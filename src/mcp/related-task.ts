/** A task's two names: what is said of it to its service, and what its service says of it. */

import { withAsk, withNotify } from "./exchange.ts"
import type { Answer, Exchange, Request } from "./message.ts"
import { readMembers } from "./outline.ts"
import { fromRaw, readString, toRaw, withMembers, writeObject, type RawObject } from "./raw-json.ts"

export type TaskNames = {
  /** The one that its client knows. */
  readonly id: string
  /** The service's own. */
  readonly taskId: string
}

/** The `_meta` key of whatever belongs to a task of 2025-11-25. */
const relatedTask = "io.modelcontextprotocol/related-task"

/** A request about the task in its service's words. */
export function toService(request: Request, { id, taskId }: TaskNames): Request {
  const params = withMembers(request.params, { taskId: toRaw(taskId) })
  return { ...request, params, meta: renameMeta(request.meta, id, taskId) }
}

/** The members of an answer or a notification about the task in its client's words. */
export function toClient(members: RawObject, { id, taskId }: TaskNames): RawObject {
  const isNamed = readString(members.get("taskId")) === taskId
  const named = isNamed ? withMembers(members, { taskId: toRaw(id) }) : members
  const meta = named.get("_meta")
  if (!meta?.includes(relatedTask)) return named
  return withMembers(named, { _meta: writeObject(renameMeta(readMembers(meta), taskId, id)) })
}

export function answerToClient(answer: Answer, names: TaskNames): Answer {
  return answer.result ? { result: toClient(answer.result, names) } : answer
}

/** What comes ahead of an answer about the task, and what is asked meanwhile. */
export function exchangeFor(exchange: Exchange, names: TaskNames): Exchange {
  const { ask } = exchange
  const { id, taskId } = names
  const told = withNotify(exchange, ({ method, params }) =>
    exchange.notify({ method, params: toClient(params, names) }),
  )
  if (!ask) return told
  return withAsk(told, (question, signal) =>
    ask({ ...question, meta: renameMeta(question.meta, taskId, id) }, signal),
  )
}

/** Without the mark of its task, which stands beside it. */
export function withoutRelatedTask(result: RawObject): RawObject {
  const meta = result.get("_meta")
  if (!meta?.includes(relatedTask)) return result
  const kept = withMembers(readMembers(meta), { [relatedTask]: undefined })
  return withMembers(result, { _meta: kept.size > 0 ? writeObject(kept) : undefined })
}

function renameMeta(meta: RawObject, from: string, to: string): RawObject {
  const raw = meta.get(relatedTask)
  const related = raw?.[0] === 0x7b ? (fromRaw(raw) as { taskId?: unknown }) : undefined
  if (related?.taskId !== from) return meta
  return withMembers(meta, { [relatedTask]: toRaw({ ...related, taskId: to }) })
}
