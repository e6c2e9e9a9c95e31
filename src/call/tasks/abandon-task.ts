/**
 * A call of a legacy client that waits for a task of a modern service ends each of its rounds with what the task asks.
 * Where no answers will come, nobody can ask for the task any more, and its service is told.
 */

import type { Answer, Request } from "../../mcp/message.ts"
import { readString } from "../../mcp/raw-json.ts"
import { cancelTask } from "./run-to-end.ts"
import { declaring, type TaskCallsOptions } from "./sent.ts"

export type AbandonTask = (request: Request, asking: Answer) => void

export function abandonsTasks({ fleet, rounds }: TaskCallsOptions): AbandonTask {
  return (request, { result }) => {
    const state = readString(result?.get("requestState"))
    const record = state === undefined ? undefined : rounds.open(state)
    // Whoever asks for the result of a task has its id, and may ask again.
    if (!record || request.method !== "tools/call") return
    const { principalId, service, taskId } = record
    const sending = { principalId, repeatable: true }
    void cancelTask({
      request: declaring(request),
      taskId,
      send: (asked, heard) => fleet.send(service, asked, heard, sending),
    })
  }
}
