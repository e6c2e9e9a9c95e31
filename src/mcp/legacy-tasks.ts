/**
 * The tasks of MCP 2025-11-25 <-> those of the neutral form, which are the tasks extension's of 2026-07-28. The same
 * states under two names each; what only one of them can say is left to call/tasks.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
 */

import type { Answer, Notification } from "./message.ts"
import { readItems, readMembers } from "./outline.ts"
import { readString, toRaw, withMembers, writeArray, writeObject, type RawObject } from "./raw-json.ts"

const modernNames = new Map([
  ["ttl", "ttlMs"],
  ["pollInterval", "pollIntervalMs"],
])
const legacyNames = new Map([...modernNames].map(([legacy, modern]) => [modern, legacy]))

/** What of a task only the modern extension tells with its state. */
const modernOnly = new Set(["resultType", "result", "error", "inputRequests"])

export function readLegacyTask(task: RawObject): RawObject {
  return renamed(task, modernNames)
}

function writeLegacyTask(task: RawObject): RawObject {
  return renamed(new Map([...task].filter(([name]) => !modernOnly.has(name))), legacyNames)
}

function renamed(members: RawObject, names: ReadonlyMap<string, string>): RawObject {
  return new Map([...members].map(([name, raw]) => [names.get(name) ?? name, raw]))
}

/** The answer to a request that asked to be run as a task: one that was not is as it is. */
export function readCreatedTask(answer: Answer): Answer {
  const task = answer.result?.get("task")
  if (!answer.result || task?.[0] !== 0x7b) return answer
  const beside = withMembers(answer.result, { resultType: undefined, task: undefined })
  return { result: new Map([["resultType", toRaw("task")], ...readLegacyTask(readMembers(task)), ...beside]) }
}

/** @returns undefined where the result tells of no task */
export function writeLegacyTaskResult(method: string, result: RawObject): RawObject | undefined {
  if (method === "tools/call" && readString(result.get("resultType")) === "task") return writeCreatedTask(result)
  if (method === "tasks/get" || method === "tasks/cancel") return writeLegacyTask(result)
  const tasks = method === "tasks/list" ? result.get("tasks") : undefined
  if (!tasks) return undefined
  const items = readItems(tasks).map((task) => writeObject(writeLegacyTask(readMembers(task))))
  return new Map(result).set("tasks", writeArray(items))
}

function writeCreatedTask(result: RawObject): RawObject {
  const meta = result.get("_meta")
  const task = writeObject(writeLegacyTask(withMembers(result, { _meta: undefined })))
  return new Map([["task", task], ...(meta ? [["_meta", meta] as const] : [])])
}

const modernNews = "notifications/tasks"
export const legacyNews = "notifications/tasks/status"

export function isTaskNews(method: string): boolean {
  return method === modernNews || method === legacyNews
}

export function readLegacyTaskNews({ params }: Notification): Notification {
  return { method: modernNews, params: readLegacyTask(params) }
}

/** News of a task as a legacy client knows them; any other notification as it is. */
export function writeLegacyNews(notification: Notification): Notification {
  if (notification.method !== modernNews) return notification
  return { method: legacyNews, params: writeLegacyTask(notification.params) }
}
