/** A task of a legacy service as the modern extension tells of it: its state, with the result or the error once it has ended. */

import type { Answer } from "../../mcp/message.ts"
import { readString, toRaw, toRawObject, withMembers, writeObject, type RawObject } from "../../mcp/raw-json.ts"
import { withoutRelatedTask } from "../../mcp/related-task.ts"

/** With the members that the extension demands and the older revision does not. */
export function asModernTask(state: RawObject): RawObject {
  const isWaiting = readString(state.get("status")) === "input_required"
  return withMembers(state, {
    // It waits for somebody to ask for its result, which no modern client does.
    status: isWaiting ? toRaw("working") : state.get("status"),
    lastUpdatedAt: state.get("lastUpdatedAt") ?? state.get("createdAt"),
    ttlMs: state.get("ttlMs") ?? toRaw(null),
  })
}

/** Whether there is a result to be fetched: a legacy task that ran and told of an error has `failed` too. */
export function hasOutcome(state: RawObject): boolean {
  return ["completed", "failed"].includes(readString(state.get("status")) ?? "")
}

export function withOutcome(state: RawObject, { result, error }: Answer): RawObject {
  if (result) {
    return withMembers(state, { status: toRaw("completed"), result: writeObject(withoutRelatedTask(result)) })
  }
  const { code, message, data } = error
  const members = new Map([...toRawObject({ code, message }), ...(data ? [["data", data] as const] : [])])
  return withMembers(state, { status: toRaw("failed"), error: writeObject(members) })
}
